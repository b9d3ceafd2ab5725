"""Activities about a folder of pictures. Views are imported when they are first shown: plots take a while to load."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from aedesk.core.explore_specs import FeaturesSpec, MapSpec, PcaSpec, ProbeSpec, RankSpec
from aedesk.gui.dialogs import explore
from aedesk.gui.panels.explore.activity import Activity, Common
from aedesk.gui.panels.explore.result_view import ResultView
from aedesk.gui.widgets.inputs.forms import add_row, combo, number
from aedesk.gui.workspace import Workspace
from aedesk.models.latent import takes_one_size


def folder_arguments(common: Common) -> dict[str, Any]:
    """What every request about a folder takes from the panel."""
    return {
        "model": common.model,
        "device": common.device,
        "fit": common.fit,
        "folder": common.folder,
        "limit": common.limit,
        "edge_px": common.edge_px,
        "pooling": common.pooling,
    }


class MapActivity(Activity):
    name = "map"
    title = "Map of a folder"
    about = "Every picture becomes a point; what is alike to the model lies close together."
    button = "&Draw the map"
    uses_folder = uses_features = uses_edge = True

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self.method = combo("mapMethod", "Method")
        self.method.addItem("PCA", "pca")
        self.method.addItem("t-SNE", "tsne")
        if find_spec("umap"):
            self.method.addItem("UMAP", "umap")
        self.method.setToolTip("PCA is quick and keeps distances, t-SNE shows groups; UMAP is offered, too, if umap-learn is installed")
        add_row(self.form, "&Method", self.method)

    def spec(self, common: Common) -> MapSpec:
        return MapSpec(**folder_arguments(common), method=self.method.currentData())

    def make_view(self) -> ResultView:
        from aedesk.gui.panels.explore.map_view import MapView

        return MapView()


class RankActivity(Activity):
    name = "rank"
    title = "Unusual pictures"
    about = "What the model cannot reconstruct is unlike what it has learned: damaged, misplaced or simply rare pictures."
    button = "&Find them"
    uses_folder = uses_edge = True

    def spec(self, common: Common) -> RankSpec:
        return RankSpec(**folder_arguments(common))

    def make_view(self) -> ResultView:
        from aedesk.gui.panels.explore.outliers_view import RankingView

        return RankingView()


class PcaActivity(Activity):
    name = "pca"
    title = "Against PCA"
    about = "The best linear code of every size, on the same pictures: what is the network worth?"
    button = "&Compare"
    uses_folder = True

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self.edge = number("pcaEdge", "Patch", 16, 128, 32, " px")
        self.edge.setSingleStep(8)
        self.edge.setToolTip("Edge of the patches, for networks that take any size; large ones take long")
        self.patches = number("pcaPatches", "Patches", 40, 100_000, 4000)
        self.patches.setSingleStep(1000)
        self.patches.setToolTip("Cut from the pictures at random places; three quarters find the components, one quarter measures")
        add_row(self.form, "Patc&h", self.edge)
        add_row(self.form, "Patche&s", self.patches)

    def spec(self, common: Common) -> PcaSpec:
        return PcaSpec(**{**folder_arguments(common), "edge_px": self.edge.value()}, patches=self.patches.value())

    def set_model(self, card: Mapping[str, Any]) -> None:
        self.form.setRowVisible(self.edge, not takes_one_size(card))
        self.form.setRowVisible(self.patches, not takes_one_size(card))

    def make_view(self) -> ResultView:
        from aedesk.gui.panels.explore.pca_view import PcaView

        return PcaView()


class ProbeActivity(Activity):
    name = "probe"
    title = "Classes in the codes"
    about = "A linear classifier on the codes, for a folder with one sub-folder per class: what learning without labels is worth."
    button = "&Train the probe"
    uses_folder = uses_features = uses_edge = True

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self.held_out = number("probeHeldOut", "Held out", 5, 90, 25, " %")
        self.held_out.setToolTip("Share of each class that is kept to measure on")
        add_row(self.form, "&Held out", self.held_out)

    def spec(self, common: Common) -> ProbeSpec:
        return ProbeSpec(**folder_arguments(common), held_out=self.held_out.value() / 100)

    def make_view(self) -> ResultView:
        from aedesk.gui.panels.explore.probe_view import ProbeView

        return ProbeView()


class ExportActivity(Activity):
    name = "export"
    title = "Export features"
    about = "Writes the codes of a folder's pictures into files for other programs."
    button = "&Export\N{HORIZONTAL ELLIPSIS}"
    uses_folder = uses_features = uses_edge = True

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self.kind = combo("exportKind", "Files")
        for text, suffixes in ((".npz and .csv", (".npz", ".csv")), (".npz (numpy)", (".npz",)), (".csv (text)", (".csv",))):
            self.kind.addItem(text, suffixes)
        add_row(self.form, "&Files", self.kind)

    def spec(self, common: Common) -> FeaturesSpec | None:
        suffixes = self.kind.currentData()
        suggested = Path(common.folder).parent / f"{Path(common.folder).name}-features{suffixes[0]}"
        chosen = explore.feature_file(self, suggested)
        if chosen is None:
            return None
        files = tuple(str(chosen.with_suffix(suffix)) for suffix in suffixes)
        there = [name for name in files if Path(name).exists()]
        if there and not explore.replace_files(self, there):
            return None
        return FeaturesSpec(**folder_arguments(common), files=files, overwrite=bool(there))

    def make_view(self) -> ResultView:
        from aedesk.gui.panels.explore.export_view import ExportView

        return ExportView()
