"""Recall@20 as others published it for the datasets of this book, to hold ours against.

Of all test users, with one seed, settings chosen on the test part and another draw of the split.
All but SEA's stand in MMRec's own evaluation
(https://github.com/enoche/MMRec/blob/23aab75/evaluation/README.md), SEA's in the logs beside its
code (https://github.com/bruno686/SEA/tree/00a2db0). MICRO and DiffMM were published for other
splits.
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
                "SEA": 0.1145,
            }
        ),
    }
)
