"""The rows of the form, table by table. Where ``training.recipes.recipe`` declares the setting, default and limits are taken from there."""

from __future__ import annotations

from collections.abc import Mapping

from aedesk.training.recipes.field_types import Knob
from aedesk.training.recipes.recipe import CHAINS, PICKS

RUN = (
    Knob("purpose", "Purpose", "Which panel offers the model afterwards: Restore takes those that denoise.", kind="text"),
    Knob("title", "Title", "What the lists of models show.", "", "text"),
    Knob("description", "Description", "A sentence for the model's card.", "", "text"),
    Knob("licence", "Licence", "Under which the model may be passed on.", "", "text"),
    Knob("data_note", "Note on the pictures", "What the model was trained on, for its card. Folders are not named there.", "", "text"),
    Knob("start", "Start from", "A model to go on from; empty begins with random weights.", "", "text"),
    Knob("seed", "Seed", "The same seed gives the same run again.", 0, "int"),
)

DATA = (
    Knob("noisy", "Noisy folder", "Pairs of real pictures: the folder of the noisy ones.", kind="text"),
    Knob("clean", "Clean folder", "Pairs of real pictures: the folder of the clean ones, of the same names.", kind="text"),
    Knob(
        "noisy_suffix", "Ending of noisy names", "Pairs in one folder: what the noisy picture's name ends with, as in _real.", kind="text"
    ),
    Knob(
        "clean_suffix", "Ending of clean names", "Pairs in one folder: what the clean picture's name ends with, as in _mean.", kind="text"
    ),
    Knob("dataset", "Named set", "One of the classic sets instead of own pictures.", kind="text"),
    Knob("root", "Folder of named sets", "Where the classic sets lie or are put; empty for the program's own place.", kind="text"),
    Knob("download", "Download it if needed", "The named set is fetched from the internet when it is not on the disk.", kind="bool"),
    Knob(
        "targets",
        "What to answer",
        "The clean picture, its partner of a pair, or, from noisy pictures only: the camera's own noise, or the picture itself.",
        kind="text",
    ),
    Knob(
        "held_out",
        "Kept for validation",
        "Pictures that are never trained on; empty for a share that suits.",
        None,
        "int",
        optional=True,
    ),
    Knob("limit", "Use at most", "Only so many of the pictures; empty for all.", None, "int", optional=True),
    Knob("logos", "Folder of logos", "PNG files with transparency, to draw marks from beside text and forms; empty for none.", kind="text"),
    Knob("fonts", "Folder of fonts", "Font files that marks are written in; empty for this computer's.", kind="text"),
    Knob(
        "damage_shapes",
        "Folder of damage shapes",
        "PNG files with transparency, to damage prints with in addition to generated damage; empty for none.",
        kind="text",
    ),
    Knob("fit", "Cut", "Take patches as they are, or shrink each picture to a patch first.", kind="text"),
)

CHAIN = Knob("chain", "Kind of damage", "What is done to the clean picture; the network learns to undo it.", "none", "text", choices=CHAINS)

_GRAY = Knob("gray", "Gray pictures", "Share of the patches that are made gray.", 0.0, "float", 0, 1)
_LEFT_OUT = "; empty leaves it out."

DAMAGE: Mapping[str, tuple[Knob, ...]] = {
    "none": (),
    "gaussian": (Knob("sigma", "Gaussian noise", "Standard deviation, of 255 gray levels.", (0, 50), "range", 0, 255), _GRAY),
    "photo": (
        Knob("camera", "Camera noise", "Relative frequency of photographs taken in little light.", 0.42, "float", 0, 1),
        Knob("compressed", "Compressed pictures", "Relative frequency of clean pictures that were only compressed.", 0.25, "float", 0, 1),
        Knob("film", "Film and prints", "Relative frequency of scanned film and prints.", 0.13, "float", 0, 1),
        Knob("white", "Gaussian noise", "Relative frequency of Gaussian noise of any level and grain.", 0.2, "float", 0, 1),
        Knob("dithered", "Dithered pictures", "Relative frequency of pictures reduced to few colours.", 0.02, "float", 0, 1),
        _GRAY.with_default(0.12),
        Knob("sepia", "Sepia pictures", "Share of the patches that are made sepia.", 0.05, "float", 0, 1),
        Knob("clean", "Undamaged pictures", "Share of the patches that stay as they are.", 0.04, "float", 0, 1),
        Knob("soft", "Soft pictures", "Share of the patches that are enlarged first, as a camera's pictures are.", 0.55, "float", 0, 1),
        Knob("resized", "Resized pictures", "Share of the batches that are resized after the noise was added.", 0.3, "float", 0, 1),
        Knob("shot", "Shot noise", "Variance per unit of light, in linear light.", (4e-5, 2e-2), "range", 0, 1, above=True),
        Knob(
            "read",
            "Read noise",
            "Standard deviation of the electronics, in linear light.",
            (2e-4, 1e-2),
            "range",
            0,
            1,
            above=True,
        ),
        Knob("blotch", "Colour blotches", "Highest standard deviation, of 255 levels.", 10, "float", 0, 255),
        Knob("grain", "Film grain", "Highest standard deviation, of 255 levels.", 22, "float", 0, 255),
        Knob("noise", "Gaussian noise level", "Highest standard deviation, of 255 levels.", 55, "float", 0, 255),
        Knob("jpeg", "JPEG", "Quality; lower does more damage.", (5, 98), "range", 1, 100),
        Knob("webp", "WebP", "Share of the compressed pictures that are WebP instead of JPEG.", 0.06, "float", 0, 1),
    ),
    "listed": (
        Knob("pick", "Of those below", "One of them, all of them, or some, drawn anew for each patch.", "one", "text", choices=PICKS),
        Knob("gaussian", "Gaussian noise", f"Standard deviation, of 255 gray levels{_LEFT_OUT}", None, "range", 0, 100),
        Knob("poisson-gaussian", "Sensor noise", f"Grows with brightness; sigma in the middle grays{_LEFT_OUT}", None, "range", 0, 100),
        Knob("salt-pepper", "Salt and pepper", f"Pixels that are black or white{_LEFT_OUT}", None, "range", 0, 100, "%"),
        Knob("speckle", "Speckle", f"Noise that multiplies the light, as sigma{_LEFT_OUT}", None, "range", 0, 100),
        Knob("jpeg", "JPEG", f"Quality; lower does more damage{_LEFT_OUT}", None, "range", 1, 100),
    ),
    "marks": (
        Knob("alpha", "Opacity", "Of marks that let the picture show through.", (0.15, 0.85), "range", 0, 1),
        Knob("opaque", "Opaque marks", "Share of the marks that hide the picture.", 0.05, "float", 0, 1),
        Knob("size", "Size", "Longer side of a mark; most lines of text are 12 to 60 px high.", (12, 400), "range", 4, 4096, "px"),
        Knob("clean", "Unmarked pictures", "Share of the patches that bear no mark.", 0.25, "float", 0, 1),
        Knob("tiled", "Patterns", "Share of the patches that one mark covers again and again.", 0.15, "float", 0, 1),
        _GRAY.with_default(0.1),
        Knob("sepia", "Sepia pictures", "Share of the patches that are made sepia.", 0.06, "float", 0, 1),
        Knob("dark", "Dark pictures", "Share of the patches that are darkened before they are marked.", 0.1, "float", 0, 1),
        Knob("lettering", "Lettering", "Share of the patches with opaque lettering that belongs to the scene.", 0.1, "float", 0, 1),
    ),
    "holes": (),
    "print-damage": (
        Knob("clean", "Undamaged prints", "Share of the patches that are not damaged.", 0.15, "float", 0, 1),
        Knob(
            "subjects",
            "Look-alikes",
            "Share of the patches with hair, wires or lettering drawn in, which are no damage.",
            0.35,
            "float",
            0,
            1,
        ),
        Knob("unit", "Width of cracks", "Width of a common crack.", (0.8, 5.0), "range", 0.3, 40, "px"),
    ),
}
"""The ranges of each chain."""

STAGE = (
    Knob("steps", "Steps", "How long to train; a step looks at one batch.", kind="int"),
    Knob("patch_px", "Patch", "Edge of the squares that are cut out of the pictures.", kind="int"),
    Knob("batch", "Batch", "Patches per step; auto takes as many as fit the device.", kind="batch"),
    Knob(
        "loss",
        "Loss",
        "How the difference to the target is measured; level trains a U-Net's noise estimator alone, rate a codec's entropy model.",
        kind="text",
    ),
    Knob("layer", "Layer", "Of a stacked autoencoder: which layer learns alone, 0 for all together.", kind="int"),
    Knob(
        "lr",
        "Own learning rate",
        "Peak of this part alone, with its own warm-up and schedule; empty for the common one.",
        optional=True,
    ),
)

TRAIN = (
    Knob("optimizer", "Optimizer", "How the weights follow the gradient.", kind="text"),
    Knob("lr", "Learning rate", "Its peak. Too high diverges, too low takes for ever."),
    Knob("muon_lr", "Rate of Muon", "For the kernels inside the network; 0 for the optimizer alone."),
    Knob("momentum", "Momentum", "Of SGD, and of the first moment of Adam and AdamW."),
    Knob("nesterov", "Look ahead", "Nesterov's momentum, for SGD.", kind="bool"),
    Knob("weight_decay", "Weight decay (L2)", "Pulls the weights towards zero."),
    Knob("l1_weights", "L1 on weights", "Weight of the sum of absolute weights: many become zero."),
    Knob("schedule", "Schedule", "How the rate falls after the warm-up.", kind="text"),
    Knob("warmup_steps", "Warm-up", "The rate rises from zero for so long.", kind="int"),
    Knob("final_lr_ratio", "Rate at the end", "Of the cosine, as a share of the peak."),
    Knob("decay_every", "Fall every", "Of the schedule step.", kind="int"),
    Knob("decay_factor", "Fall to", "Share of the rate that is left after each fall: step and plateau."),
    Knob("patience", "Patience", "Of the plateau: validations without a better one.", kind="int"),
    Knob("clip_norm", "Clip gradients at", "Largest norm of the gradient; 0 for any."),
    Knob(
        "ema",
        "Averaging of weights",
        "Share kept per step in the moving average that is used; 0 for none.",
    ),
    Knob("early_stop", "Stop early after", "Validations without a better one; 0 for never.", kind="int"),
    Knob("estimator_weight", "Noise estimator", "Weight of its error, in networks that estimate the noise level."),
    Knob("precision", "Precision", "Auto is the fastest that the device has units for.", kind="text"),
    Knob("checkpoint_s", "Checkpoint every", "A run that is interrupted goes on from there."),
    Knob(
        "validate_every",
        "Validate every",
        "How often the held-out pictures are measured.",
        kind="int",
    ),
    Knob("log_every", "Report every", "How often the curves get a point.", kind="int"),
    Knob(
        "preview_every",
        "Show pictures every",
        "How often the grid is drawn anew; 0 for never.",
        kind="int",
    ),
    Knob("tensorboard", "TensorBoard", "Also write its event files into the run's folder.", kind="bool"),
)

ROWS: Mapping[str, tuple[Knob, ...]] = {"": RUN, "data": DATA, "stage": STAGE, "train": TRAIN}

_WEIGHT = Knob("weight", "Weight", "How much the penalty counts against the reconstruction.", 0.1, "float", 0, 1e6)

OBJECTIVE_KNOBS: Mapping[str, tuple[Knob, ...]] = {
    "unet": (
        Knob("teacher", "Teacher", "A larger denoiser to learn from, by name or file; empty for none.", "", "text"),
        Knob("teacher_weight", "Weight of the teacher", "Share of its result in the training target.", 0.5, "float", 0, 1),
    ),
    "stacked": (
        Knob(
            "corruption",
            "Hidden inputs",
            "Share of a layer's inputs that is set to zero while it learns alone.",
            0.0,
            "float",
            0,
            1,
            below=True,
        ),
    ),
    "sparse": (
        Knob(
            "penalty",
            "Penalty",
            "KL divergence from a mean activation, or the mean absolute activation.",
            "kl",
            "text",
            choices=("kl", "l1"),
        ),
        Knob(
            "target",
            "Activation aimed at",
            "How much a unit should be active on average (KL).",
            0.05,
            "float",
            0,
            1,
            above=True,
            below=True,
        ),
        _WEIGHT,
        Knob("momentum", "Memory of the mean", "Share of the running mean that each batch keeps.", 0.9, "float", 0, 1, below=True),
    ),
    "contractive": (
        _WEIGHT,
        Knob("probes", "Directions", "Random directions per step for encoders of more than one layer.", 1, "int", 1, 64),
    ),
    "variational": (
        Knob(
            "beta",
            "Weight of the divergence",
            "1 is the evidence lower bound; more makes codes simpler and pictures blurrier.",
            1.0,
            "float",
            0,
            1000,
        ),
    ),
    "adversarial": (
        Knob(
            "weight",
            "Weight of the deception",
            "How much deceiving the second network counts; 0 leaves a plain autoencoder.",
            0.01,
            "float",
            0,
            100,
        ),
    ),
    "masked": (
        Knob(
            "ratio",
            "Hidden patches",
            "Share that is hidden: a number, or a range to draw from.",
            0.75,
            "range",
            0,
            1,
            above=True,
            below=True,
        ),
        Knob("visible", "Weight of the seen", "Weight of the patches that were not hidden; 0 in the paper.", 0.5, "float", 0, 10),
    ),
}
"""The arguments of each family's objective; they mirror the dataclasses beside the objectives, which need torch."""

TARGET_KNOBS: Mapping[str, tuple[Knob, ...]] = {
    "neighbor2neighbor": (
        Knob("weight", "Regularizer", "Larger keeps more detail and more noise; 1 to 8 in the paper.", 1.0, "float", 0, 1e6),
    ),
    "noise2void": (),
}
