"""Works: an epoch of training, ours beside what one would write from the paper."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial

from mmnotes.bench import retrieval_peers
from mmnotes.bench.dense_lattice import DenseLattice
from mmnotes.bench.dense_micro import DenseMicro
from mmnotes.bench.given_draws import given_draws
from mmnotes.bench.plain_diffmm import PlainDiffMM
from mmnotes.bench.plain_networks import PlainBM3, PlainFREEDOM
from mmnotes.bench.plain_sea import PlainSEA
from mmnotes.bench.training_data import PAIRS, make_market
from mmnotes.bench.training_epochs import Plain, Ready, epoch, evaluation, prepare
from mmnotes.bench.works import OURS, Arrays, Implementation, Ranges, Values, Work
from mmnotes.recommenders.bm3 import BM3
from mmnotes.recommenders.diffmm import DiffMM
from mmnotes.recommenders.freedom import FREEDOM
from mmnotes.recommenders.lattice import LATTICE
from mmnotes.recommenders.micro import MICRO
from mmnotes.recommenders.sea import SEA
from mmnotes.recommenders.trained import TrainedRecommender

_Variants = Callable[[Arrays], Iterable[tuple[str, Ranges]]]
_QUICK = PAIRS // 20  # three batches where they are large
_PLAIN, _DENSE, _PUBLISHED = "PyTorch", "PyTorch, dense", "PyTorch, dense, as published"
_FIXED, _TRAINED = "PyTorch, vectors of items fixed", "PyTorch, vectors of items trained"
_ABOUT = {
    _DENSE: "graphs of items are matrices; their vectors are trained, and get a gradient an epoch",
    _PUBLISHED: "the same, and graphs are normalised by products with diagonal matrices",
    _TRAINED: "as published: Adam moves the vectors of all items at every step",
}
_USERS_AT_ONCE = 4_096  # https://github.com/enoche/MMRec: overall.yaml, and lattice.py


def _first_step(ready: Ready) -> Values:
    """An epoch; the values of its first step, the last one to know of fixed vectors alone."""
    return {name: value for name, value in epoch(ready).items() if name.endswith(" 1")}


def _allowed(values: Values) -> Values:
    """Sums of float32 in another order."""
    return {name: 1e-5 * abs(value) for name, value in values.items()}


def _of_epoch(
    model: TrainedRecommender, plains: Mapping[str, Plain], variants: _Variants = lambda arrays: ()
) -> Work:
    """An epoch by us, and by others."""
    name, module = type(model).__name__, type(model).__module__
    ours = Implementation(OURS, epoch, module, prepare=partial(prepare, model=model))
    others = [
        Implementation(
            said,
            _first_step if said == _TRAINED else epoch,
            "torch",
            about=_ABOUT.get(said, ""),
            prepare=partial(prepare, model=model, plain=plain),
        )
        for said, plain in plains.items()
    ]
    at_once = model.training.batch_size
    return Work(
        f"an epoch of {name}, {{size:,}} pairs (as Amazon Baby), batches of {at_once:,}",
        size=PAIRS,
        quick=_QUICK,
        make=make_market,
        implementations=(ours, *others),
        variants=variants,
        allowed=_allowed,
        unit="pairs",
    )


def _of_evaluation(model: TrainedRecommender) -> Work:
    """Vectors and ranking, where vectors take building graphs first."""
    published = partial(DenseLattice, by_products=True)
    builds = partial(evaluation, rank=retrieval_peers.blocks)
    return Work(
        "vectors of LATTICE, their Recall@20 and NDCG@20, {size:,} pairs (as Amazon Baby)",
        size=PAIRS,
        quick=_QUICK,
        make=make_market,
        implementations=(
            Implementation(
                OURS,
                partial(evaluation, rank=retrieval_peers.ours),
                "mmnotes.evaluate.full",
                prepare=partial(prepare, model=model),
            ),
            Implementation(
                _DENSE,
                builds,
                "torch",
                about="graphs of items are built anew; top lists in blocks",
                prepare=partial(prepare, model=model, plain=DenseLattice),
            ),
            Implementation(
                _PUBLISHED,
                partial(builds, users_at_once=_USERS_AT_ONCE),
                "torch",
                about="the same for every 4,096 users, as MMRec does, and graphs are normalised "
                "by products with diagonal matrices",
                prepare=partial(prepare, model=model, plain=published),
            ),
        ),
        # A user's twentieth item may change places with the next.
        allowed=lambda values: dict.fromkeys(values, 1e-4),
        unit="pairs",
    )


_LATTICE, _DIFFMM = LATTICE(device="cpu"), DiffMM(device="cpu")

WORKS = (
    _of_epoch(
        _LATTICE, {_DENSE: DenseLattice, _PUBLISHED: partial(DenseLattice, by_products=True)}
    ),
    _of_evaluation(_LATTICE),
    _of_epoch(MICRO(device="cpu"), {_DENSE: DenseMicro}),
    _of_epoch(
        FREEDOM(device="cpu"),
        {_FIXED: PlainFREEDOM, _TRAINED: partial(PlainFREEDOM, train_features=True)},
    ),
    _of_epoch(
        BM3(device="cpu"), {_FIXED: PlainBM3, _TRAINED: partial(PlainBM3, train_features=True)}
    ),
    _of_epoch(
        _DIFFMM, {_PLAIN: PlainDiffMM}, partial(given_draws, model=_DIFFMM, plain=PlainDiffMM)
    ),
    _of_epoch(SEA(device="cpu"), {_PLAIN: PlainSEA}),
)
