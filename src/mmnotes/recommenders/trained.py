"""What every trained recommender does alike: fit, score, rank items never seen, save and resume."""

from abc import abstractmethod
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Self

import numpy as np
import torch
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from mmnotes.data.tables import Interactions
from mmnotes.device import as_device
from mmnotes.errors import InputError
from mmnotes.evaluate.protocol import Candidates
from mmnotes.evaluate.scorers import Ties, inner_products
from mmnotes.features.content import Content
from mmnotes.recommenders.base import Recommender
from mmnotes.recommenders.checkpoints import Checkpoint, read_checkpoint, write_checkpoint
from mmnotes.recommenders.inductive import Completion, new_items
from mmnotes.recommenders.network import Network
from mmnotes.recommenders.problem import Problem
from mmnotes.recommenders.ranges import in_range
from mmnotes.recommenders.sampling import Sampler
from mmnotes.recommenders.seeds import check_seed, seeded
from mmnotes.recommenders.training import State, Training, optimizer_of, train
from mmnotes.recommenders.validation import validation


@dataclass(repr=False, eq=False, kw_only=True)
class TrainedRecommender(Recommender):
    """Base of the trained recommenders: a subclass has settings, and says what its network is.

    Parameters
    ----------
    training : Training
        How it is trained.
    device : str
        ``"auto"`` is a GPU where torch sees one.
    random_state : int
        What is drawn, and so what comes out, on a CPU.

    Attributes
    ----------
    user_vectors_ : (n_users, d) float32
        Zeros for a user without a training pair.
    item_vectors_ : (n_items, d) float32
        Inner products of the two are the scores. An item without a training pair has the vector
        that its content gives it, or zeros where the model knows no such way.
    warm_ : (n_items,) bool
        Items with a training pair.
    state_ : State
        The diary of training, and which epoch was the best.
    """

    training: Training = Training()
    device: str = "auto"
    random_state: int = 0

    def fit(
        self,
        interactions: Interactions,
        content: Content | None = None,
        valid: Interactions | None = None,
        checkpoint: str | Path | None = None,
        candidates: Candidates | None = None,
    ) -> Self:
        """Learn from who took what, and from what the items are.

        Parameters
        ----------
        interactions : Interactions
            The training part alone.
        content : Content of n_items, optional
            Models that learn from content ask for it; the others pass it over.
        valid : Interactions, optional
            The validation part, on which the best epoch is chosen. Without it, training runs for
            all its epochs, and the last one counts.
        checkpoint : path, optional
            Where to keep the state of training after each look at the validation part; its folder
            is made. If the file is there, training goes on from it, to the same end as if it had
            never stopped; on another device it draws other numbers.
        candidates : Candidates, optional
            What the validation part is ranked among; by default all items.

        Raises
        ------
        InputError
            If there is nothing to learn from or to validate on, rows for testing are among others,
            the content is missing or of other items, a setting is out of range, or the checkpoint
            is damaged, or of another model, other settings or other data.
        """
        self._begin(interactions)
        problem = Problem.of(interactions, content, as_device(self.device))
        network = self.new_network(problem)
        settings = self.training
        sampler = Sampler(
            problem, settings.batch_size, settings.pairs, settings.negatives, self.random_state
        )
        optimizer, state = optimizer_of(network, settings), State()
        validate = None
        if valid is not None:
            complete = Completion(problem, network)
            validate = validation(interactions, valid, settings.metric, complete, candidates)
        kept = Checkpoint(self, problem, network, optimizer, state, valid, candidates)
        if checkpoint is not None and Path(checkpoint).exists():
            read_checkpoint(checkpoint, kept)
        train(
            network,
            sampler,
            settings,
            self.random_state,
            validate,
            optimizer,
            state,
            keep=lambda: None if checkpoint is None else write_checkpoint(checkpoint, kept),
            title=type(self).__name__,
        )
        self._finish(problem, network, state)
        self._end(interactions)
        return self

    def save(self, path: str | Path) -> None:
        """Write the trained network into a file that :meth:`load` reads.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before ``fit``.
        InputError
            If the file cannot be written.
        """
        check_is_fitted(self, "n_items_")
        write_checkpoint(path, Checkpoint(self, self._problem, self._net, None, self.state_))

    def load(
        self, path: str | Path, interactions: Interactions, content: Content | None = None
    ) -> Self:
        """Take a trained network from a file, instead of training it.

        Parameters
        ----------
        path : path
            What :meth:`save` wrote; or a checkpoint, of which the best epoch so far is taken.
        interactions, content
            Those that it was fitted on; graphs are built from them.

        Raises
        ------
        InputError
            If the file is none of ours, or of another model, other settings or other data.
        """
        self._begin(interactions)
        problem = Problem.of(interactions, content, as_device(self.device))
        network, state = self.new_network(problem), State()
        read_checkpoint(path, Checkpoint(self, problem, network, None, state))
        self._finish(problem, network, state)
        self._end(interactions)
        return self

    def with_content(self, content: Content) -> Self:
        """The same trained network with other content in the place of its own: the scores then?

        Nothing is trained. Graphs of items, and vectors of items without a training pair, follow
        from the new content; vectors that were trained stay.

        Parameters
        ----------
        content : Content
            The same modalities of the same items, with vectors of the same lengths.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before ``fit``.
        InputError
            If the model was fitted without content or trained it, or this is of other modalities,
            items or lengths.
        """
        check_is_fitted(self, "n_items_")
        if self._net.trains_content:
            raise InputError(
                "train_features: the vectors of items were trained with the model, so others in "
                "their place say nothing of it. Change the content before training"
            )
        known = self._problem.known_content(type(self).__name__)
        shapes = [
            {name: part[name].block.values.shape for name in part} for part in (known, content)
        ]
        if shapes[0] != shapes[1]:
            raise InputError(f"fitted with vectors of shapes {shapes[0]}, not {shapes[1]}")
        in_order = content.only(known.names)  # parameters go by the place of a modality
        return self._rescored(replace(self._problem, content=in_order))

    def vectors_of_new(self, content: Content) -> np.ndarray:
        """Where do items that were not there in training lie? (n_new, d) float32.

        Parameters
        ----------
        content : Content of n_new items
            The modalities that the model was fitted with; only their vectors are looked at, and
            near are the warm items whose vectors point the same way.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before ``fit``.
        InputError
            If the model has no way to such items, or the content lacks a modality or has other
            dimensions.
        """
        check_is_fitted(self, "n_items_")
        links = new_items(content, self._problem)
        with torch.no_grad():
            vectors = self._net.new_items(links)
        if vectors is None:
            raise InputError(
                f"{type(self).__name__} knows items by who took them alone: it has no way to an "
                "item that nobody took"
            )
        return vectors.cpu().numpy()

    def score_new(self, users: np.ndarray, content: Content) -> np.ndarray:
        """How much does each of these users want each item that was not there in training?

        Parameters
        ----------
        users : (n,) int
        content : Content of n_new items
            See :meth:`vectors_of_new`.

        Returns
        -------
        (n, n_new) float32
        """
        users = self._known(users)
        items = self.vectors_of_new(content)
        return inner_products(self.user_vectors_[users], items, Ties(items))

    @abstractmethod
    def _network(self, problem: Problem) -> Network:
        """The model's network, with parameters drawn from torch's own generator."""

    def new_network(self, problem: Problem) -> Network:
        """The network before training, its parameters drawn by ``random_state``."""
        check_seed(self.random_state)
        self._check_numbers()
        with seeded(self.random_state, 0, problem.device):
            # Parameters are drawn on the CPU, so they are the same for every device.
            return self._network(problem).to(problem.device)

    def _check_numbers(self) -> None:
        """Refuse what no model can make sense of; each refuses further values by itself."""
        for setting in fields(self):
            name, value = setting.name, getattr(self, setting.name)
            least = 1 if name == "dim" else 0
            if setting.type is bool and not isinstance(value, bool):
                raise InputError(f"{name} must be True or False, not {value!r}")
            whole = setting.type in (int, int | None)
            left_out = setting.type == int | None and value is None
            if (whole or setting.type is float) and not left_out:
                what = "a whole number" if whole else "a number"
                if not in_range(value, least, whole=whole):
                    raise InputError(f"{name} must be {what} from {least}, not {value!r}")

    def _rescored(self, problem: Problem, **settings: object) -> Self:
        """The same trained network over another problem, or with settings of scoring changed."""
        changed = clone(self).set_params(**settings)
        network = changed.new_network(problem)
        network.load_state_dict(self._net.state_dict())
        changed._finish(problem, network, self.state_)
        changed.n_users_, changed.n_items_ = self.n_users_, self.n_items_
        return changed

    def _finish(self, problem: Problem, network: Network, state: State) -> None:
        network.eval()
        with torch.no_grad():
            users, items = Completion(problem, network)(network())
        self.user_vectors_, self.item_vectors_ = users.cpu().numpy(), items.cpu().numpy()
        self.warm_ = problem.warm.cpu().numpy()
        self._tied: tuple[np.ndarray, Ties] | None = None
        self.state_, self._net, self._problem = state, network, problem

    def _score(self, users: np.ndarray) -> np.ndarray:
        if self._tied is None or self._tied[0] is not self.item_vectors_:
            self._tied = self.item_vectors_, Ties(self.item_vectors_)  # once, not for each block
        return inner_products(self.user_vectors_[users], *self._tied)
