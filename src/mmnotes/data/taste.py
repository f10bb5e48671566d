"""What users want: utility as a sum of terms, one a modality, whose shares are known."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from mmnotes.data.knobs import MODALITIES, MarketConfig
from mmnotes.data.tables import Impressions
from mmnotes.errors import InputError


@dataclass(frozen=True)
class Taste:
    """Tastes of all users, and the utility that follows from them.

    The utility of item i for user u on day t and device c is

        Σ_m a_m(c) · ⟨w_um(t), x_im⟩
        + a_× · ⟨w_u,metadata, x_i,metadata⟩ · ⟨w_u,image(t), x_i,image⟩

    with traits x of unit variance and weights w such that every bracket has unit variance: so
    ``a_m²`` is the share of modality m where the modalities are independent.

    Parameters
    ----------
    config : MarketConfig
    common : dict of (d_m,) float
        The taste that all users have in common, of unit length.
    turned : (d_image,) float
        Of unit length, orthogonal to the common taste in pictures, which drifts towards it.
    own : dict of (n_users, d_m) float
        What each user adds, of unit expected length.
    """

    config: MarketConfig
    common: Mapping[str, np.ndarray]
    turned: np.ndarray
    own: Mapping[str, np.ndarray]

    @classmethod
    def draw(
        cls, config: MarketConfig, dims: Mapping[str, int], rng: np.random.Generator
    ) -> "Taste":
        """Random tastes; ``dims`` gives the number of traits of each modality."""
        common = {name: _unit(rng.standard_normal(dims[name])) for name in MODALITIES}
        other = rng.standard_normal(dims["image"])
        turned = _unit(other - (other @ common["image"]) * common["image"])
        own = {
            name: rng.standard_normal((config.n_users, dims[name])) / np.sqrt(dims[name])
            for name in MODALITIES
        }
        return cls(config, common, turned, own)

    def utility(
        self,
        traits: Mapping[str, np.ndarray],
        rows: Impressions,
        seen: Collection[str] = MODALITIES,
    ) -> np.ndarray:
        """Utility of each row, as well as it can be told from the modalities seen.

        What is not seen is replaced by its expectation given what is: a title tells of the picture
        through ``redundancy``, and a picture of the title. That is exact for simulated items that
        miss no modality and carry no duplicated picture.

        Parameters
        ----------
        traits : dict of (n_items, d_m) float
        rows : Impressions
        seen : modalities; all of them gives the utility itself.

        Returns
        -------
        (n_rows,) float, in standard deviations of utility
        """
        unknown = sorted(set(seen) - set(MODALITIES))
        if unknown:
            raise InputError(f"no modality is called {unknown}; there are {list(MODALITIES)}")
        term = {name: self._term(name, traits, rows, seen) for name in MODALITIES}
        sizes = self._sizes(rows.device)
        total = sum((sizes[name] * term[name] for name in MODALITIES), np.zeros(len(rows)))
        if self.config.complement:
            total += np.sqrt(self.config.shares["complement"]) * term["metadata"] * term["image"]
        return total

    def appeal(self, traits: Mapping[str, np.ndarray]) -> np.ndarray:
        """How each item pleases the common taste on the first day, (n_items,) standard scores."""
        shares = self.config.shares
        total = sum(
            (np.sqrt(shares[name]) * traits[name] @ self.common[name] for name in MODALITIES),
            np.zeros(len(traits["text"])),
        )
        return (total - total.mean()) / max(total.std(), 1e-12)

    def _term(
        self,
        name: str,
        traits: Mapping[str, np.ndarray],
        rows: Impressions,
        seen: Collection[str],
    ) -> np.ndarray:
        twin = {"text": "image", "image": "text"}.get(name, "")
        if name in seen:
            x = traits[name]
        elif twin in seen and self.config.redundancy:
            x = np.sqrt(self.config.redundancy) * traits[twin]
        else:
            return np.zeros(len(rows))
        personal = self.config.personal
        weights = np.sqrt(personal) * self.own[name][rows.user]
        weights += np.sqrt(1 - personal) * self._common_on(name, rows.day)
        return np.einsum("rd,rd->r", weights, x[rows.item])

    def _common_on(self, name: str, day: np.ndarray) -> np.ndarray:
        if name != "image" or not self.config.drift:
            return self.common[name][None, :]
        angle = self.config.drift * np.pi / 2 * day / max(self.config.n_days - 1, 1)
        return np.cos(angle)[:, None] * self.common[name] + np.sin(angle)[:, None] * self.turned

    def _sizes(self, device: np.ndarray) -> dict[str, np.ndarray]:
        shares, tilt = self.config.shares, self.config.device_tilt
        towards = np.where(device == 1, tilt, -tilt)  # device 1 is the phone
        return {
            "text": np.sqrt(shares["text"]) * (1 - towards),
            "image": np.sqrt(shares["image"]) * (1 + towards),
            "metadata": np.full(len(device), np.sqrt(shares["metadata"])),
        }


def _unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.linalg.norm(vector)
