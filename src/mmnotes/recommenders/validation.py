"""What training is told by: the validation part, ranked as the fitted model will rank it."""

from mmnotes.data.tables import Interactions
from mmnotes.errors import InputError
from mmnotes.evaluate.full import full_ranking
from mmnotes.evaluate.protocol import Candidates
from mmnotes.recommenders.inductive import Completion
from mmnotes.recommenders.network import Pair
from mmnotes.recommenders.training import Validate


def validation(
    seen: Interactions,
    valid: Interactions,
    metric: str,
    complete: Completion,
    candidates: Candidates | None = None,
) -> Validate:
    """How well do a network's vectors rank what users took in the validation part?

    Parameters
    ----------
    seen : Interactions
        The training part: not ranked.
    valid : Interactions
    metric : str
        The mean over users.
    complete : Completion
        Gives users and items without a training pair the vectors that they will have in the end.
    candidates : Candidates, optional
        The items that are ranked; by default all.

    Raises
    ------
    InputError
        If ``valid`` is empty, of other numbers of users or items, or holds rows for testing.
    """
    if valid.split is not None and "test" in valid.split:
        raise InputError(
            "the validation part holds rows for testing: to choose an epoch on them is to have "
            "seen them. Pass interactions.part('valid')"
        )
    sizes = (valid.n_users, valid.n_items), (seen.n_users, seen.n_items)
    if sizes[0] != sizes[1] or not len(valid):
        raise InputError(
            f"the validation part is {len(valid)} rows of {sizes[0]} users and items, and the "
            f"training part is of {sizes[1]}: give some rows of the same"
        )

    def value(vectors: Pair) -> float:
        ranking = full_ranking(complete(vectors), valid, seen, candidates, metrics=[metric])
        return float(ranking[metric].values.mean())

    return value
