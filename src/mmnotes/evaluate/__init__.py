"""How good is a ranking, and how sure are we: arrays in, per-group and per-user arrays out."""

from mmnotes.evaluate.estimate import Estimate
from mmnotes.evaluate.intervals import mean_interval, paired_interval
from mmnotes.evaluate.log import user_ndcg
from mmnotes.evaluate.neighbors import (
    chance_agreement,
    neighbor_agreement,
    neighbor_overlap,
    random_pair_cosines,
)
from mmnotes.evaluate.ranking import PerGroup, chance_ndcg, ndcg_at_k, recall_at_k
from mmnotes.evaluate.users import PerUser, per_user, users_of_groups

__all__ = [
    "Estimate",
    "PerGroup",
    "PerUser",
    "chance_agreement",
    "chance_ndcg",
    "mean_interval",
    "ndcg_at_k",
    "neighbor_agreement",
    "neighbor_overlap",
    "paired_interval",
    "per_user",
    "random_pair_cosines",
    "recall_at_k",
    "user_ndcg",
    "users_of_groups",
]
