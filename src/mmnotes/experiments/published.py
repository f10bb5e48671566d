"""Recall@20 as others published it for the datasets of this book, to hold ours against.

Of all test users, with one seed, and from another draw of the split. Most stand in the main table
of MMRec's own evaluation (https://github.com/enoche/MMRec/blob/23aab75/evaluation/README.md), which
chose settings on the test part; a second run on its page differs from it by some thousandths.
SEA's stand in the logs beside its code (https://github.com/bruno686/SEA/tree/00a2db0), DiffMM's in
its paper (https://arxiv.org/abs/2406.11781). Of MICRO, later papers print figures on this split,
but none that those who trained it published.
"""

from collections.abc import Mapping
from types import MappingProxyType

RECALL_AT_20: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "amazon-baby": MappingProxyType(
            {
                "BPR": 0.0575,
                "VBPR": 0.0663,
                "LightGCN": 0.0754,
                "LATTICE": 0.0850,
                "BM3": 0.0883,
                "FREEDOM": 0.0992,
                "DiffMM": 0.0975,
                "SEA": 0.1033,
            }
        ),
        "amazon-sports": MappingProxyType(
            {
                "BPR": 0.0653,
                "VBPR": 0.0856,
                "LightGCN": 0.0864,
                "LATTICE": 0.0953,
                "BM3": 0.0980,
                "FREEDOM": 0.1089,
                "DiffMM": 0.1017,
                "SEA": 0.1145,
            }
        ),
    }
)
