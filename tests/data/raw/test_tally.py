from mmnotes.data.raw.tally import Dropped, Tally


def test_what_was_read_adds_up():
    tally = Tally()
    tally.read("reviews", 3)
    tally.read("reviews")
    tally.read("items", 0)
    assert tally.counts == {"reviews": 4, "items": 0}


def test_the_first_place_of_each_reason_is_kept():
    tally = Tally()
    tally.drop("no user", "a.json line 2")
    tally.drop("no user", "a.json line 5", 3)
    tally.drop("repeated", "a.json line 3")
    assert tally.dropped == {
        "no user": Dropped(4, "a.json line 2"),
        "repeated": Dropped(1, "a.json line 3"),
    }


def test_merging_leaves_the_other_as_it_was():
    ours, theirs = Tally(), Tally()
    ours.drop("no user", "a line 1")
    ours.read("reviews", 2)
    theirs.drop("no user", "b line 1")
    theirs.drop("no item", "b line 2")
    theirs.read("reviews", 5)
    ours.merge(theirs)
    ours.drop("no item", "c line 9")
    assert ours.counts == {"reviews": 7}
    assert ours.dropped == {"no user": Dropped(2, "a line 1"), "no item": Dropped(2, "b line 2")}
    assert theirs.dropped == {"no user": Dropped(1, "b line 1"), "no item": Dropped(1, "b line 2")}
