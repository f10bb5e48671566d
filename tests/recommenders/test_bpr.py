import numpy as np
import torch

from mmnotes.recommenders import BPR, Training


def test_loss_and_gradients_by_definition(problem, batch, learns_as):
    def definition(parts):
        total = 0
        for user, taken, other in zip(batch.user, batch.positive, batch.negative, strict=True):
            u, i, j = parts["users"][user], parts["items"][taken], parts["items"][other]
            total += torch.log1p(torch.exp(u @ j - u @ i)) + 0.3 * (u @ u + i @ i + j @ j) / 2
        return total / len(batch)

    learns_as(BPR(dim=4, regularisation=0.3).new_network(problem), batch, definition)


def test_a_score_is_an_inner_product_and_zero_where_nothing_is_known(market):
    model = BPR(dim=4, training=Training(epochs=2), device="cpu").fit(market.train)
    scores = model.score(np.arange(51))
    products = np.einsum("ud,id->ui", model.user_vectors_, model.item_vectors_)
    np.testing.assert_allclose(scores, products, rtol=1e-4, atol=1e-6)
    assert not scores[:, market.cold].any()
    assert scores[:50, : market.cold[0]].all()


def test_regularisation_makes_vectors_shorter(market):
    def length(regularisation):
        training = Training(epochs=20, batch_size=100, learning_rate=0.02)
        model = BPR(dim=8, regularisation=regularisation, training=training, device="cpu").fit(
            market.train
        )
        return np.linalg.norm(model.item_vectors_[: market.cold[0]], axis=1).mean()

    assert length(0.3) < 0.7 * length(0)
