"""How good is a ranking, and how sure are we: arrays in, per-group and per-user arrays out."""

from typing import TYPE_CHECKING

from mmnotes.lazy import attach

if TYPE_CHECKING:
    from mmnotes.evaluate.binary import (
        auc,
        average_precision_at_k,
        hit_rate_at_k,
        precision_at_k,
        recall_at_k,
        reciprocal_rank_at_k,
    )
    from mmnotes.evaluate.click_logs import examination_by_randomisation, perplexity
    from mmnotes.evaluate.clicks import CascadeModel, PositionModel
    from mmnotes.evaluate.comparison import compare, slice_differences
    from mmnotes.evaluate.credit import Preference, preference
    from mmnotes.evaluate.estimate import Estimate
    from mmnotes.evaluate.full import full_ranking
    from mmnotes.evaluate.interleaving import (
        BalancedInterleaving,
        TeamDraft,
        balanced_interleaving,
        team_draft,
    )
    from mmnotes.evaluate.intervals import (
        mean_interval,
        mean_intervals,
        paired_interval,
        paired_intervals,
        paired_ratio,
    )
    from mmnotes.evaluate.log import user_auc, user_ndcg
    from mmnotes.evaluate.neighbors import (
        chance_agreement,
        neighbor_agreement,
        neighbor_overlap,
        random_pair_cosines,
    )
    from mmnotes.evaluate.policy import ESTIMATORS, PolicyValue, off_policy
    from mmnotes.evaluate.pooled import pooled_auc, pooled_log_loss, pooled_mean
    from mmnotes.evaluate.power import minimal_detectable_effect, power_of, users_needed
    from mmnotes.evaluate.protocol import Candidates, FullRanking
    from mmnotes.evaluate.ranking import chance, chance_ndcg, dcg_at_k, ndcg_at_k, rank_metrics
    from mmnotes.evaluate.ranks import PerGroup, Ranks
    from mmnotes.evaluate.reward_model import held_out_rates
    from mmnotes.evaluate.sampled import sampled_ranking
    from mmnotes.evaluate.significance import benjamini_hochberg, holm, randomization_test
    from mmnotes.evaluate.users import PerUser, per_user, users_of_groups

_WHERE = {
    "binary": (
        "auc",
        "average_precision_at_k",
        "hit_rate_at_k",
        "precision_at_k",
        "recall_at_k",
        "reciprocal_rank_at_k",
    ),
    "click_logs": ("examination_by_randomisation", "perplexity"),
    "clicks": ("CascadeModel", "PositionModel"),
    "comparison": ("compare", "slice_differences"),
    "credit": ("Preference", "preference"),
    "estimate": ("Estimate",),
    "full": ("full_ranking",),
    "interleaving": ("BalancedInterleaving", "TeamDraft", "balanced_interleaving", "team_draft"),
    "intervals": (
        "mean_interval",
        "mean_intervals",
        "paired_interval",
        "paired_intervals",
        "paired_ratio",
    ),
    "log": ("user_auc", "user_ndcg"),
    "neighbors": (
        "chance_agreement",
        "neighbor_agreement",
        "neighbor_overlap",
        "random_pair_cosines",
    ),
    "policy": ("ESTIMATORS", "PolicyValue", "off_policy"),
    "pooled": ("pooled_auc", "pooled_log_loss", "pooled_mean"),
    "power": ("minimal_detectable_effect", "power_of", "users_needed"),
    "protocol": ("Candidates", "FullRanking"),
    "ranking": ("chance", "chance_ndcg", "dcg_at_k", "ndcg_at_k", "rank_metrics"),
    "ranks": ("PerGroup", "Ranks"),
    "reward_model": ("held_out_rates",),
    "sampled": ("sampled_ranking",),
    "significance": ("benjamini_hochberg", "holm", "randomization_test"),
    "users": ("PerUser", "per_user", "users_of_groups"),
}

__all__ = [
    "ESTIMATORS",
    "BalancedInterleaving",
    "Candidates",
    "CascadeModel",
    "Estimate",
    "FullRanking",
    "PerGroup",
    "PerUser",
    "PolicyValue",
    "PositionModel",
    "Preference",
    "Ranks",
    "TeamDraft",
    "auc",
    "average_precision_at_k",
    "balanced_interleaving",
    "benjamini_hochberg",
    "chance",
    "chance_agreement",
    "chance_ndcg",
    "compare",
    "dcg_at_k",
    "examination_by_randomisation",
    "full_ranking",
    "held_out_rates",
    "hit_rate_at_k",
    "holm",
    "mean_interval",
    "mean_intervals",
    "minimal_detectable_effect",
    "ndcg_at_k",
    "neighbor_agreement",
    "neighbor_overlap",
    "off_policy",
    "paired_interval",
    "paired_intervals",
    "paired_ratio",
    "per_user",
    "perplexity",
    "pooled_auc",
    "pooled_log_loss",
    "pooled_mean",
    "power_of",
    "precision_at_k",
    "preference",
    "random_pair_cosines",
    "randomization_test",
    "rank_metrics",
    "recall_at_k",
    "reciprocal_rank_at_k",
    "sampled_ranking",
    "slice_differences",
    "team_draft",
    "user_auc",
    "user_ndcg",
    "users_needed",
    "users_of_groups",
]

__getattr__, __dir__ = attach(__name__, _WHERE)
