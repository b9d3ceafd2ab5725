"""Recipes: one TOML file says everything about a training run. No torch.

::

    name = "denoise-gaussian"        # and title, description, purpose, licence, data_note, seed
    start = ""                       # a model file or a known model's name to start from
    [model]        family = "unet" and its architecture arguments
    [data]         folder (or files, pairs, a named set), targets, held_out
    [degradation]  chain = "gaussian" and its ranges; without the table nothing is damaged
    [objective]    the objective's own arguments, such as beta or a sparsity target
    [train]        optimizer, lr, schedule, ema, checkpoint_s, validate_every
    [[stage]]      steps, patch_px, batch, loss, layer, lr: one after the other
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any

from aedesk.core.documents import parse_toml
from aedesk.core.errors import AedeskError, SpecError
from aedesk.core.limits import setting
from aedesk.core.resources import resource_path
from aedesk.models.architectures import ARCHITECTURES
from aedesk.training.recipes.tables import build, check_limits, require

HISTORY = "history"
"""Table of a run's recipe, beside those of every recipe: what was changed at which step."""
_FOLDERS = ("recipes", "models")

PURPOSES = ("autoencoder", "denoise", "codec", "inpaint", "erase", "find-damage")
OPTIMIZERS = ("adamw", "adam", "sgd")
SCHEDULES = ("cosine", "constant", "step", "plateau")
LOSS_NAMES = ("l1", "mse", "bce", "charbonnier", "log-mse", "ssim-mix")
LEVEL = "level"
"""In place of a loss: the stage trains the noise estimator alone, by its relative error."""
RATE = "rate"
"""In place of a loss: the stage trains the entropy model of a codec alone, by the bits that the latent costs."""
FIND = "find"
"""In place of a loss: the stage trains the part of an erasing network that finds marks alone."""
SETTLED = "find-settled"
"""The same while its batch normalisations keep the means that they have."""
MEND = "mend"
"""In place of a loss: the stage trains the part of an erasing network that mends alone, by what is wrong with the restored picture."""
PARTS = {LEVEL: "estimator", RATE: "entropy", FIND: "finder", SETTLED: "finder", MEND: "mender"}
"""Name of the submodule that such a stage trains."""
STAGE_LOSSES = (*LOSS_NAMES, *PARTS)
PRECISIONS = ("auto", "float32", "bfloat16", "float16")
TARGETS = ("clean", "pairs", "own-noise", "neighbor2neighbor", "noise2void")
DATASETS = ("mnist", "fashion-mnist", "cifar10", "flowers102")
FITS = ("crop", "scale")
CHAINS = ("none", "gaussian", "photo", "listed", "marks", "holes", "print-damage")
PICKS = ("one", "all", "some")
MAX_STEPS = 10_000_000
MAX_PICTURES = 1_000_000_000


@dataclass(frozen=True)
class Data:
    """Where the pictures are. One of: ``folder``, ``files``, ``noisy`` with ``clean``, ``dataset``.

    Args:
        folder: searched with everything below it.
        files: single pictures.
        noisy, clean: two folders with pairs of the same names.
        noisy_suffix, clean_suffix: what ends the names (without extension) of a pair's two pictures in ``folder``.
        dataset: one of ``DATASETS``; ``download`` if it may be fetched when it is not on the disk.
        root: the folder where named sets lie; empty for one below the person's data folder.
        targets: what the network should answer, one of ``TARGETS``.
        held_out: pictures kept for validation; None for a share that suits their number.
        limit: how many pictures to use at most.
        fit: "crop" takes patches as they are; "scale" shrinks the short side to a patch first.
        logos: a folder of logos (PNG with transparency) that the chain "marks" uses beside what it draws itself.
        fonts: a folder of fonts that the chain "marks" writes in; empty for this computer's.
        damage_shapes: a folder of shapes of damage (PNG with transparency) that the chain "print-damage" uses beside what it draws itself.
    """

    folder: str = ""
    files: tuple[str, ...] = ()
    noisy: str = ""
    clean: str = ""
    noisy_suffix: str = ""
    clean_suffix: str = ""
    dataset: str = setting("", choices=("", *DATASETS))
    download: bool = False
    root: str = ""
    targets: str = setting("clean", choices=TARGETS)
    held_out: int | None = setting(None, 0, MAX_PICTURES, "pictures")
    limit: int | None = setting(None, 1, MAX_PICTURES, "pictures")
    fit: str = setting("crop", choices=FITS)
    logos: str = ""
    fonts: str = ""
    damage_shapes: str = ""

    def __post_init__(self) -> None:
        check_limits(self)
        require(bool(self.noisy) == bool(self.clean), "noisy and clean belong together.", "Give both folders.")
        both = bool(self.noisy_suffix) == bool(self.clean_suffix)
        require(both, "noisy_suffix and clean_suffix belong together.", "Give both.")


@dataclass(frozen=True)
class Train:
    """How a run learns and how often it looks at itself.

    Args:
        optimizer: one of ``OPTIMIZERS``; ``lr`` is its peak rate.
        muon_lr: rate of Muon on the kernels inside the network, 0 for the optimizer alone.
        momentum: of SGD; the first moment's decay of Adam and AdamW.
        nesterov: SGD looks ahead.
        weight_decay: L2; decoupled from the gradient in AdamW and Muon.
        l1_weights: weight of the sum of absolute values of all kernels and matrices.
        schedule: one of ``SCHEDULES``, after ``warmup_steps`` of linear rise. "cosine" ends at ``final_lr_ratio`` of the peak; "step"
            multiplies by ``decay_factor`` every ``decay_every`` steps; "plateau" whenever ``patience`` validations brought nothing better.
        clip_norm: largest norm of the gradient, 0 for any.
        ema: decay per step of the moving average of the weights, which is what is validated and kept; 0 keeps the weights themselves.
        early_stop: end the last stage after this many validations without a better one, 0 for never.
        estimator_weight: of the noise estimator's error (U-Nets).
        precision: one of ``PRECISIONS``; "auto" is the fastest that the device has units for.
        checkpoint_s: seconds between checkpoints.
        validate_every, log_every, preview_every: in steps; a preview_every of 0 makes none.
        tensorboard: also write TensorBoard's event files.
    """

    optimizer: str = setting("adamw", choices=OPTIMIZERS)
    lr: float = setting(1e-3, 0, 10, above=True)
    muon_lr: float = setting(0.0, 0, 10)
    momentum: float = setting(0.9, 0, 1, below=True)
    nesterov: bool = False
    weight_decay: float = setting(1e-4, 0, 10)
    l1_weights: float = setting(0.0, 0, 10)
    schedule: str = setting("cosine", choices=SCHEDULES)
    warmup_steps: int = setting(100, 0, 1_000_000, "steps")
    final_lr_ratio: float = setting(0.01, 0, 1)
    decay_every: int = setting(1000, 1, MAX_STEPS, "steps")
    decay_factor: float = setting(0.5, 0, 1, above=True)
    patience: int = setting(5, 1, 10_000)
    clip_norm: float = setting(1.0, 0, 1e6)
    ema: float = setting(0.999, 0, 1, below=True)
    early_stop: int = setting(0, 0, 10_000)
    estimator_weight: float = setting(0.02, 0, 100)
    precision: str = setting("auto", choices=PRECISIONS)
    checkpoint_s: float = setting(180.0, 0, 1e9, "s")
    validate_every: int = setting(250, 1, 1_000_000, "steps")
    log_every: int = setting(10, 1, 1_000_000, "steps")
    preview_every: int = setting(250, 0, 1_000_000, "steps")
    tensorboard: bool = False

    def __post_init__(self) -> None:
        check_limits(self)
        forward = not self.nesterov or (self.optimizer == "sgd" and self.momentum > 0)
        require(forward, "nesterov needs momentum.", 'Choose optimizer = "sgd" and a momentum above 0.')


@dataclass(frozen=True)
class Stage:
    """One part of a run: ``steps`` of ``batch`` patches of ``patch_px`` pixels.

    Args:
        batch: patches per step (over all machines together), or "auto" for as many as fit the device.
        loss: one of ``LOSS_NAMES``, or a part that learns alone: "level", the noise estimator of a U-Net; "rate", the entropy model of a
            codec (whose other stages have a loss of their own, whatever this says); "find" and "mend", what finds marks and what mends
            in an erasing network; "find-settled", the first with the means of its batch normalisations as they are, for training on:
            those of a few patches are not those of a picture, and what is learned with them is worse without. The rest of the network is
            not changed, and run no more than it must be, so that such a step takes a small part of the time of another one.
        layer: which layer of a stacked network is trained, counted from 1; 0 trains the whole network.
        lr: peak rate of this stage alone, with a warm-up and a schedule of its own; Muon's rate changes in proportion. None for
            ``Train.lr``, whose one schedule spans all neighbouring stages without a rate of their own.
    """

    steps: int = setting(MISSING, 1, MAX_STEPS)
    patch_px: int = setting(64, 4, 1024, "px")
    batch: int | str = setting(16, 1, 65536)
    loss: str = setting("l1", choices=STAGE_LOSSES)
    layer: int = setting(0, 0, 64)
    lr: float | None = setting(None, 0, 10, above=True)

    def __post_init__(self) -> None:
        check_limits(self)
        good = not isinstance(self.batch, str) or self.batch == "auto"
        require(good, f"batch is {self.batch!r}.", 'Choose a whole number, or "auto".')

    @property
    def part(self) -> str:
        """Name of the network's submodule that alone learns, empty for the whole network."""
        return PARTS.get(self.loss, "")

    @property
    def count(self) -> int:
        """Patches per step, once "auto" has been replaced by a number."""
        if isinstance(self.batch, str):
            raise SpecError('[stage] batch = "auto" has not been measured.', "Measure it with training.batch_size.")
        return self.batch


@dataclass(frozen=True)
class Recipe:
    """A checked recipe; ``table`` is the TOML it came from."""

    name: str
    purpose: str
    family: str
    architecture: Mapping[str, Any]
    chain: str
    ranges: Mapping[str, Any]
    objective: Mapping[str, Any]
    stages: tuple[Stage, ...]
    data: Data = Data()
    train: Train = Train()
    title: str = ""
    description: str = ""
    licence: str = ""
    data_note: str = ""
    start: str = ""
    seed: int = 0
    table: Mapping[str, Any] = field(default_factory=dict)

    @property
    def steps(self) -> int:
        return sum(stage.steps for stage in self.stages)

    @property
    def measure(self) -> str:
        """The loss that validations are compared by, one for the whole run: that of the last stage which trains the whole network."""
        return next((stage.loss for stage in reversed(self.stages) if not stage.part), LOSS_NAMES[0])

    @property
    def degradation(self) -> dict[str, Any]:
        """The table [degradation], with its chain."""
        return {"chain": self.chain, **self.ranges}


@dataclass(frozen=True)
class Header:
    """The keys of a recipe that stand in no table."""

    name: str
    purpose: str = setting(MISSING, choices=PURPOSES)
    title: str = ""
    description: str = ""
    licence: str = ""
    data_note: str = ""
    start: str = ""
    seed: int = setting(0, 0, 2**40 - 1)

    def __post_init__(self) -> None:
        check_limits(self)
        require(bool(self.name) and not set(self.name) & set('/\\:*?"<>|'), f"name is {self.name!r}.", "Choose one that can name a file.")


def recipe_names() -> tuple[str, ...]:
    """The recipes that come with the program: those of the families, then those of the shipped models."""
    found = (sorted(resource_path(folder).glob("*.toml")) for folder in _FOLDERS)
    return tuple(dict.fromkeys(path.stem for paths in found for path in paths))


def find_recipe(name: str) -> Path:
    """The file of a recipe that comes with the program. Raises :class:`SpecError` if there is none of that name."""
    if name not in recipe_names():
        raise SpecError(f"There is no recipe named {name!r}.", f"Known: {', '.join(recipe_names())}.")
    paths = [resource_path(folder, f"{name}.toml") for folder in _FOLDERS]
    return next(path for path in paths if path.is_file())


def load(path: Path | str) -> dict[str, Any]:
    """The parsed TOML of a recipe file, checked. Raises :class:`SpecError` naming the file and the place."""
    try:
        table = parse_toml(Path(path).read_bytes())
        table.pop(HISTORY, None)
    except OSError as error:
        raise SpecError(f"The recipe {path} cannot be read: {error.strerror or error}.", "Check the name.") from error
    except ValueError as error:
        raise SpecError(f"The recipe {path} is not valid TOML: {error}.", "Mend it at that place.") from error
    parse(table)
    return table


def parse(table: Mapping[str, Any]) -> Recipe:
    """A :class:`Recipe` from its table. Raises :class:`SpecError` for missing, unknown, wrongly typed or contradicting keys."""
    table = without_none(table)
    rest = dict(table)
    model, degradation = _table(rest, "model"), _table(rest, "degradation")
    objective, data = _table(rest, "objective"), build(Data, "data", rest.pop("data", {}))
    train, stages = build(Train, "train", rest.pop("train", {})), _stages(rest.pop("stage", []))
    top = build(Header, "recipe", rest)
    family = _architecture(model)
    chain = _chain(degradation)
    recipe = Recipe(
        **vars(top),
        family=family,
        architecture=model,
        chain=chain,
        ranges=degradation,
        objective=objective,
        stages=stages,
        data=data,
        train=train,
        table=table,
    )
    _check_ranges(recipe)
    _check_level(recipe)
    has_rate = family == "codec" or all(stage.loss != RATE for stage in stages)
    require(has_rate, f'[stage] loss = "{RATE}" is for codecs.', f"Choose one of {', '.join(LOSS_NAMES)}.")
    found = next((stage.loss for stage in stages if stage.loss in (FIND, SETTLED)), "")
    require(
        family == "unblending" or not found,
        f'[stage] loss = "{found}" is for the family unblending.',
        f"Choose one of {', '.join(LOSS_NAMES)}.",
    )
    blind = train.schedule == "plateau" or train.early_stop
    require(not blind or data.held_out != 0, "plateau and early_stop need held-out pictures.", "Give [data] a held_out above 0.")
    return recipe


def _check_ranges(recipe: Recipe) -> None:
    """Refuse arguments of the degradation and the objective that are beyond the limits of their rows."""
    from aedesk.training.recipes.fields import degradation_knobs, objective_knobs  # the rows are made of this module's dataclasses

    for name, table, knobs in (
        ("degradation", recipe.ranges, degradation_knobs(recipe.chain)),
        ("objective", recipe.objective, objective_knobs(recipe.family, recipe.data.targets)),
    ):
        for knob in knobs:
            if knob.key in table and (problem := knob.problem(table[knob.key])):
                raise SpecError(f"[{name}] {knob.key} is {table[knob.key]!r}.", problem)


def _check_level(recipe: Recipe) -> None:
    """Refuse a stage that trains the noise estimator alone where there is none, or where nobody knows the noise."""
    if all(stage.loss != LEVEL for stage in recipe.stages):
        return
    has_one = "estimator_width" in {field.name for field in fields(ARCHITECTURES[recipe.family])}
    what = f'[stage] loss = "{LEVEL}" trains the noise estimator'
    require(has_one, f"{what}, and the family {recipe.family} has none.", f"Choose one of {', '.join(LOSS_NAMES)}.")
    known = recipe.data.targets in ("clean", "pairs")
    require(known, f'{what}, and targets = "{recipe.data.targets}" do not tell the noise.', 'Choose targets = "clean" or "pairs".')


def without_none(value: Any) -> Any:
    """``value`` without the keys whose value is None, which TOML cannot say, and with lists for tuples."""
    if isinstance(value, Mapping):
        return {key: without_none(each) for key, each in value.items() if each is not None}
    return [without_none(each) for each in value] if isinstance(value, (list, tuple)) else value


def _table(rest: dict[str, Any], name: str) -> dict[str, Any]:
    table = rest.pop(name, {})
    require(isinstance(table, Mapping), f"The recipe's {name} is {table!r} and no table.", f"Write it as [{name}].")
    return dict(table)


def _stages(entries: Any) -> tuple[Stage, ...]:
    require(isinstance(entries, (list, tuple)), f"The recipe's stage is {entries!r} and no list of tables.", "Write it as [[stage]].")
    require(bool(entries), "The recipe has no stage.", "Add a [[stage]] table with steps.")
    return tuple(build(Stage, "stage", entry) for entry in entries)


def _architecture(model: dict[str, Any]) -> str:
    """Take the family out of [model] and check its arguments."""
    family = model.pop("family", None)
    require(isinstance(family, str), "[model] family is missing.", f"Known: {', '.join(ARCHITECTURES)}.")
    try:
        kind = ARCHITECTURES[str(family)]
    except AedeskError as error:
        raise SpecError(f"[model] family: {error.message}", error.hint) from error
    build(kind, "model", model)
    return str(family)


def _chain(degradation: dict[str, Any]) -> str:
    """Take the chain out of [degradation] and check its ranges."""
    given = bool(degradation)
    chain = degradation.pop("chain", None if given else "none")
    require(isinstance(chain, str), "[degradation] chain is missing.", f"Known: {', '.join(CHAINS)}.")
    require(chain in CHAINS, f"[degradation] chain is {chain!r}.", f"Choose one of {', '.join(CHAINS)}.")
    for key, value in degradation.items():
        if key == "pick":
            require(value in PICKS, f"[degradation] pick is {value!r}.", f"Choose one of {', '.join(PICKS)}.")
            continue
        ends = value if isinstance(value, list) else [value]
        numbers = all(isinstance(end, (int, float)) and not isinstance(end, bool) for end in ends)
        good = numbers and (not isinstance(value, list) or (len(value) == 2 and value[0] <= value[1]))
        require(good, f"[degradation] {key} = {value!r} is no number and no range.", "Write [lowest, highest].")
    return str(chain)
