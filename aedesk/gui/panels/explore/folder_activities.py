"""Activities for a folder of pictures. Views are imported when they are first shown, because loading plots takes time."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from aedesk.core.explore_specs import FeaturesSpec, MapSpec, PcaSpec, ProbeSpec, RankSpec
from aedesk.gui.dialogs import explore
from aedesk.gui.panels.explore.activity import Activity, ExploreContext
from aedesk.gui.panels.explore.result_view import ResultView
from aedesk.gui.widgets.inputs.forms import add_row, combo, number
from aedesk.gui.workspace import Workspace
from aedesk.models.autoencoders.latent import takes_one_size


def folder_arguments(context: ExploreContext) -> dict[str, Any]:
    """Returns the arguments that all specs for folders share."""
    return {
        "model": context.model,
        "device": context.device,
        "fit": context.fit,
        "folder": context.folder,
        "limit": context.limit,
        "edge_px": context.edge_px,
        "pooling": context.pooling,
    }


class MapActivity(Activity):
    """Projects the codes of a folder to two dimensions."""

    name = "map"
    title = "Map of the latent space"
    about = "Shows every picture as a point; pictures with similar codes are close together."
    button = "Dra&w map"
    uses_folder = uses_features = uses_edge = True

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self.method = combo("mapMethod", "Method")
        self.method.addItem("PCA", "pca")
        self.method.addItem("t-SNE", "tsne")
        if find_spec("umap"):
            self.method.addItem("UMAP", "umap")
        self.method.setToolTip("PCA is fast and preserves distances, t-SNE shows clusters; UMAP is available if umap-learn is installed")
        add_row(self.form, "Method", self.method)

    def spec(self, context: ExploreContext) -> MapSpec:
        return MapSpec(**folder_arguments(context), method=self.method.currentData())

    def make_view(self) -> ResultView:
        from aedesk.gui.panels.explore.map_view import MapView

        return MapView()


class OutliersActivity(Activity):
    """Sorts the pictures of a folder by reconstruction error."""

    name = "rank"
    title = "Outliers"
    about = "Pictures that the model reconstructs badly differ from its training data: damaged, misplaced or rare pictures."
    button = "Find &outliers"
    uses_folder = uses_edge = True

    def spec(self, context: ExploreContext) -> RankSpec:
        return RankSpec(**folder_arguments(context))

    def make_view(self) -> ResultView:
        from aedesk.gui.panels.explore.outliers_view import OutliersView

        return OutliersView()


class PcaActivity(Activity):
    """Compares the reconstruction error with that of PCA."""

    name = "pca"
    title = "Compare with PCA"
    about = "Compares the reconstruction error with the best linear code of every size on the same pictures."
    button = "Compa&re"
    uses_folder = True

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self.edge = number("pcaEdge", "Patch size", 16, 128, 32, " px")
        self.edge.setSingleStep(8)
        self.edge.setToolTip("Size of the patches for networks with variable input size; large patches take long")
        self.patches = number("pcaPatches", "Number of patches", 40, 100_000, 4000)
        self.patches.setSingleStep(1000)
        self.patches.setToolTip("Random crops: three quarters to compute the components, one quarter to measure the error")
        add_row(self.form, "Patch si&ze", self.edge)
        add_row(self.form, "Patches", self.patches)

    def spec(self, context: ExploreContext) -> PcaSpec:
        return PcaSpec(**{**folder_arguments(context), "edge_px": self.edge.value()}, patches=self.patches.value())

    def set_model(self, card: Mapping[str, Any]) -> None:
        self.form.setRowVisible(self.edge, not takes_one_size(card))
        self.form.setRowVisible(self.patches, not takes_one_size(card))

    def make_view(self) -> ResultView:
        from aedesk.gui.panels.explore.pca_view import PcaView

        return PcaView()


class ProbeActivity(Activity):
    """Trains a linear classifier on the codes."""

    name = "probe"
    title = "Linear probe"
    about = (
        "Trains a linear classifier on the codes to measure how well they separate classes. Needs a folder with one subfolder per class."
    )
    button = "Train pro&be"
    uses_folder = uses_features = uses_edge = True

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self.held_out = number("probeHeldOut", "Test set", 5, 90, 25, " %")
        self.held_out.setToolTip("Share of each class that is used for testing")
        add_row(self.form, "Test set", self.held_out)

    def spec(self, context: ExploreContext) -> ProbeSpec:
        return ProbeSpec(**folder_arguments(context), held_out=self.held_out.value() / 100)

    def make_view(self) -> ResultView:
        from aedesk.gui.panels.explore.probe_view import ProbeView

        return ProbeView()


class ExportActivity(Activity):
    """Writes the codes to files."""

    name = "export"
    title = "Export features"
    about = "Writes the codes of the pictures in a folder to files for other programs."
    button = "E&xport\N{HORIZONTAL ELLIPSIS}"
    uses_folder = uses_features = uses_edge = True

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self.kind = combo("exportKind", "Format")
        for text, suffixes in ((".npz and .csv", (".npz", ".csv")), (".npz (numpy)", (".npz",)), (".csv (text)", (".csv",))):
            self.kind.addItem(text, suffixes)
        add_row(self.form, "Fo&rmat", self.kind)

    def spec(self, context: ExploreContext) -> FeaturesSpec | None:
        suffixes = self.kind.currentData()
        suggested = Path(context.folder).parent / f"{Path(context.folder).name}-features{suffixes[0]}"
        chosen = explore.choose_feature_file(self, suggested)
        if chosen is None:
            return None
        files = tuple(str(chosen.with_suffix(suffix)) for suffix in suffixes)
        existing = [name for name in files if Path(name).exists()]
        if existing and not explore.ask_replace_files(self, existing):
            return None
        return FeaturesSpec(**folder_arguments(context), files=files, overwrite=bool(existing))

    def make_view(self) -> ResultView:
        from aedesk.gui.panels.explore.export_view import ExportView

        return ExportView()
