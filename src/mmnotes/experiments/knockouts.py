"""Which modality does a model need? What came of runs with modalities knocked out."""

from collections.abc import Sequence

from mmnotes.errors import InputError
from mmnotes.evaluate.estimate import Estimate
from mmnotes.evaluate.intervals import mean_interval, paired_interval, paired_ratio
from mmnotes.experiments.runs import Run
from mmnotes.experiments.summary import FLOOR, check_labels, group, paired


def effects(
    runs: Sequence[Run], whole: str, track: str = "test", metric: str = "recall@20"
) -> dict[str, dict[str, Estimate]]:
    """What does each knock-out cost, and what is left?

    Parameters
    ----------
    runs : sequence of Run
        With the values of users, MostPop's among them; all of one dataset and one protocol.
    whole : str
        The label of the model as it is.
    track, metric : str

    Returns
    -------
    dict of dict of Estimate
        By label: ``"mean"``; ``"loss"``, what the whole model has more; ``"share"``, which part of
        the whole model's it is; ``"lead"``, what it has more than MostPop. Users and seeds paired.

    Raises
    ------
    InputError
        If there is no run of the whole model or of MostPop, a run has no such track or metric, or
        seeds are not shared.
    """
    by_label = group(runs)
    check_labels(by_label, (whole, FLOOR))
    found = {}
    for label in by_label:
        own, full, counts = paired(by_label, (label, whole, FLOOR), track, metric)
        if not own:
            raise InputError(f"{label!r} and {whole!r} share no seed")
        found[label] = {
            "mean": mean_interval(own),
            "loss": paired_interval(full, own),
            "share": paired_ratio(own, full),
            "lead": paired_interval(own, counts),
        }
    return found


def settled(share: Estimate, least: float, worth: Estimate) -> str:
    """Is it borne out that a model does without a modality?

    Parameters
    ----------
    share : Estimate
        What is left of the model's score without the modality.
    least : float
        The share above which the model is said to do without.
    worth : Estimate
        What the model owes to all modalities. Where nothing is lost without any of them, what is
        left without one says nothing of it.

    Returns
    -------
    str
        ``"borne out"`` or ``"refuted"`` if the whole interval is on one side; ``"not settled"`` if
        it is on both; ``"without an answer"`` if content is not clearly worth anything.
    """
    if not worth.low > 0:
        return "without an answer"
    if share.low > least:
        return "borne out"
    return "refuted" if share.high < least else "not settled"
