"""Work: the ten items nearest to each item, by cosine, among vectors of the shape of Amazon's."""

import numpy as np
import torch

from mmnotes.bench.works import OURS, Arrays, Implementation, Values, Work

K = 10
_DIMENSIONS, _DIRECTIONS = 4_096, 64
_SERVING = "pip install 'mmnotes[serving]'"
# https://github.com/OpenMathLib/OpenBLAS#setting-the-cpu-target-using-environment-variables
_CORES = {"AVX512": "SkylakeX", "AVX2": "Haswell"}
_CAPABILITY = torch.backends.cpu.get_cpu_capability()
_KERNELS = {"OPENBLAS_CORETYPE": _CORES[_CAPABILITY]} if _CAPABILITY in _CORES else {}
_CHECKED = 256  # items whose neighbours are computed by definition


def make_vectors(n_items: int) -> dict[str, np.ndarray]:
    """Vectors like those of a network's last layer but one: few directions, no negative values.

    Returns
    -------
    dict
        ``vectors`` (n, 4096) float32; ``items`` (m,) int64, some of them, and ``nearest`` (m, 10)
        int64, their neighbours by a sort of float64 cosines.
    """
    rng = np.random.default_rng(0)
    place = rng.normal(size=(n_items, _DIRECTIONS)).astype(np.float32)
    directions = rng.normal(size=(_DIRECTIONS, _DIMENSIONS)).astype(np.float32)
    vectors = place @ directions
    vectors += 4 * rng.standard_normal(vectors.shape, np.float32)
    np.maximum(vectors, 0, out=vectors)
    items = rng.choice(n_items, min(n_items, _CHECKED), replace=False)
    return {"vectors": vectors, "items": items, "nearest": _by_definition(vectors, items)}


def _by_definition(vectors: np.ndarray, items: np.ndarray) -> np.ndarray:
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64))
    asked = vectors[items].astype(np.float64)
    cosine = np.concatenate(
        [asked @ part.T.astype(np.float64) for part in np.array_split(vectors, 32)], axis=1
    )
    cosine /= lengths
    cosine[np.arange(len(items)), items] = -np.inf
    return np.argsort(-cosine, axis=1, kind="stable")[:, :K]


def values_of(arrays: Arrays, index: np.ndarray, cosine: np.ndarray) -> Values:
    """The share of the neighbours by definition that are there, and the sum of all cosines.

    ``index`` and ``cosine`` (n, 10), or (n, 11) with the item itself.
    """
    if index.shape[1] > K:
        other = index != np.arange(len(index))[:, None]
        other[other.all(axis=1), -1] = False  # itself is not there: the last is one too many
        index, cosine = (found[other].reshape(-1, K) for found in (index, cosine))
    found = index[arrays["items"]]
    there = (found[:, :, None] == arrays["nearest"][:, None]).any(axis=1)
    return {"agreement": there.mean(), "sum of cosines": cosine.sum(dtype=np.float64)}


def _ours(arrays: Arrays) -> Values:
    from mmnotes.features import cosine_neighbors

    return values_of(arrays, *cosine_neighbors(arrays["vectors"], K, device="cpu"))


def _faiss(arrays: Arrays) -> Values:
    import faiss

    units = arrays["vectors"].copy()
    faiss.normalize_L2(units)
    index = faiss.IndexFlatIP(units.shape[1])
    index.add(units)
    cosine, found = index.search(units, K + 1)
    return values_of(arrays, found, cosine)


def _scikit_learn(arrays: Arrays) -> Values:
    from sklearn.neighbors import NearestNeighbors

    nearest = NearestNeighbors(n_neighbors=K, metric="cosine").fit(arrays["vectors"])
    distance, found = nearest.kneighbors()
    return values_of(arrays, found, 1 - distance)


def _dense(arrays: Arrays) -> Values:
    vectors = torch.from_numpy(arrays["vectors"])
    units = vectors / vectors.norm(dim=1, keepdim=True)
    cosine, found = (units @ units.T).topk(K + 1, dim=1)
    return values_of(arrays, found.numpy(), cosine.numpy())


def _allowed(values: Values) -> Values:
    """Cosines of float32 are rounded, and the tenth neighbour may change places with the next."""
    return {"agreement": 1e-3, "sum of cosines": 1e-6 * values["sum of cosines"]}


_IMPLEMENTATIONS = (
    Implementation(OURS, _ours, "mmnotes.features.neighbors"),
    Implementation("FAISS, IndexFlatIP", _faiss, "faiss", "faiss-cpu", hint=_SERVING),
    Implementation(
        "FAISS, IndexFlatIP, told the processor",
        _faiss,
        "faiss",
        "faiss-cpu",
        hint=_SERVING,
        about="the OpenBLAS in its package (0.3.15 in faiss-cpu 1.15) takes a newer processor for "
        "one of 2004; here OPENBLAS_CORETYPE names the best that it knows",
        environment=_KERNELS,
    ),
    Implementation(
        "scikit-learn, NearestNeighbors", _scikit_learn, "sklearn.neighbors", "scikit-learn"
    ),
    Implementation(
        "PyTorch, the whole matrix",
        _dense,
        "torch",
        about="as LATTICE does, without the dense graph that it makes of the neighbours",
    ),
)

WORKS = tuple(
    Work(
        f"{K} nearest of {{size:,}} items, {_DIMENSIONS:,} dimensions (as Amazon {shape})",
        size=n_items,
        quick=n_items // 10,
        make=make_vectors,
        implementations=_IMPLEMENTATIONS,
        allowed=_allowed,
    )
    for shape, n_items in (("Clothing", 23_033), ("Baby", 7_050))
)
