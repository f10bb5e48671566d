"""A trained network that is shown other content."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from mmnotes.data import Interactions
from mmnotes.errors import InputError
from mmnotes.features import Content, Modality, knock_out
from mmnotes.recommenders import (
    FREEDOM,
    LATTICE,
    VBPR,
    ConditionedDiffMM,
    DiffMM,
    LightGCN,
    Training,
)

N_ITEMS = 40


@pytest.fixture
def fitted():
    rng = np.random.default_rng(0)
    rows = Interactions(
        np.repeat(np.arange(30), 4),
        np.concatenate([rng.choice(35, 4, replace=False) for _ in range(30)]),
        n_users=30,
        n_items=N_ITEMS,
    )
    vectors = {name: rng.normal(size=(N_ITEMS, 6)).astype(np.float32) for name in ("image", "text")}
    content = Content({name: Modality.of_vectors(part, k=4) for name, part in vectors.items()})
    model = FREEDOM(dim=8, training=Training(epochs=3, batch_size=64), device="cpu")
    return model.fit(rows, content), rows, content


def test_its_own_content_gives_its_own_scores(fitted):
    model, _, content = fitted
    again = model.with_content(content)
    assert np.array_equal(again.item_vectors_, model.item_vectors_)
    assert np.array_equal(again.score(np.arange(30)), model.score(np.arange(30)))


def test_other_content_gives_other_items_and_the_same_users(fitted):
    model, _, content = fitted
    before = model.item_vectors_.copy()
    changed = model.with_content(knock_out(content, ["text"], "shuffle"))
    assert np.array_equal(changed.user_vectors_, model.user_vectors_)
    warm, cold = np.flatnonzero(model.warm_), np.flatnonzero(~model.warm_)
    assert len(cold)
    for items in (warm, cold):
        assert not np.allclose(changed.item_vectors_[items], before[items])
    assert np.array_equal(model.item_vectors_, before)


def test_by_definition(fitted):
    """FREEDOM's items are a LightGCN vector plus a mean over the graph: only the mean changes."""
    model, _, content = fitted
    free = {name: part.detach().numpy() for name, part in model._net.named_parameters()}["items"]
    changed = model.with_content(content.changed("image", content["text"]))
    alike = {}
    for fit, graphs in ((model, ("image", "text")), (changed, ("text", "text"))):
        mixed = np.zeros_like(free)
        for share, name in zip((0.1, 0.9), graphs, strict=True):
            for item in np.flatnonzero(model.warm_):
                near = content[name].graph.index[item]
                mixed[item] += share * free[near[model.warm_[near]]].mean(axis=0)
        alike[fit] = (fit.item_vectors_ - mixed)[model.warm_]
    assert np.allclose(alike[model], alike[changed], atol=1e-6)


@pytest.mark.parametrize(
    "model", [VBPR(dim=8), LATTICE(dim=8, k=4), DiffMM(dim=8, hidden=8, n_steps=2)]
)
def test_the_order_of_modalities_does_not_matter(fitted, model):
    """Their vectors are of one length here, so nothing but the name tells them apart."""
    _, rows, content = fitted
    model.set_params(training=Training(epochs=2, batch_size=64), device="cpu").fit(rows, content)
    turned = model.with_content(content.only(["text", "image"]))
    np.testing.assert_array_equal(turned.item_vectors_, model.item_vectors_)


def test_the_scale_of_vectors_is_settled_in_training(fitted):
    _, rows, content = fitted
    short = {"dim": 8, "projection_hidden": 8, "hidden": 8, "n_steps": 4, "dropout": 0.0}
    model = ConditionedDiffMM(**short, training=Training(epochs=1), device="cpu").fit(rows, content)
    longer = {name: Modality.of_vectors(3 * content[name].block.values, k=4) for name in content}
    found = model.with_content(Content(longer)).item_vectors_
    assert not np.allclose(found[model.warm_], model.item_vectors_[model.warm_], atol=1e-3)
    assert np.array_equal(model.with_content(content).item_vectors_, model.item_vectors_)


def test_content_that_was_trained_has_no_other_in_its_place(fitted):
    _, rows, content = fitted
    training = Training(epochs=1, batch_size=64)
    model = LATTICE(dim=8, k=4, train_features=True, training=training, device="cpu")
    with pytest.raises(InputError, match="train_features: the vectors of items were trained"):
        model.fit(rows, content).with_content(content)


def test_a_frozen_graph_trains_no_content(fitted):
    _, rows, content = fitted
    training = Training(epochs=1, batch_size=64)
    options = {"dim": 8, "k": 4, "training": training, "device": "cpu"}
    model = LATTICE(graph="frozen", train_features=True, **options).fit(rows, content)
    changed = model.with_content(knock_out(content, ["text"], "shuffle"))
    assert not np.allclose(changed.item_vectors_, model.item_vectors_)


def test_misuse(fitted):
    model, rows, content = fitted
    with pytest.raises(NotFittedError):
        FREEDOM().with_content(content)
    with pytest.raises(InputError, match="fitted with vectors of shapes"):
        model.with_content(content.only(["text"]))
    shorter = Modality.of_vectors(content["text"].block.values[:, :3].copy(), k=4)
    with pytest.raises(InputError, match="fitted with vectors of shapes"):
        model.with_content(content.changed("text", shorter))
    alone = LightGCN(dim=4, training=Training(epochs=1), device="cpu").fit(rows)
    with pytest.raises(InputError, match="LightGCN learns from content"):
        alone.with_content(content)
