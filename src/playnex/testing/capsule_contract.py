"""What every place for capsules must do: each function takes an empty one and checks one promise."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeAlias, TypeVar

from playnex.capsules.capsule import Author, Capsule, CapsuleDraft, CapsuleHead, Capsules, place_of
from playnex.errors import CapsuleConflict, NotFoundError, UsageError
from playnex.ids import short
from playnex.spec.memory import Moment

Fault = TypeVar("Fault", bound=BaseException)
Promise: TypeAlias = Callable[[Capsules], Awaitable[None]]

AGENT = Author(kind="run", run="R", step="write", agent="writing")
NAME = "notes/tides"


async def what_is_written_is_read_back(capsules: Capsules) -> None:
    """Body, header, labels, sources and author come back as they went in, under the name, the id and the end of the id."""
    draft = CapsuleDraft(
        name=NAME, body="Ebbe — 潮 \x00\n" * 400, author=AGENT, labels=("untrusted",), sources=("a.md",), header={"model": "m"}
    )
    written = await capsules.write(draft)
    assert (written.body, written.author, written.labels, written.sources) == (draft.body, AGENT, ("untrusted",), ("a.md",))
    for typed in (NAME, written.id, written.id[:20], short(written.id), short(written.id).lower()):
        assert await capsules.read(typed) == written


async def a_few_letters_are_a_name_and_never_the_end_of_an_id(capsules: Capsules) -> None:
    """A short name that is not there is nothing's name: no capsule is read or deleted for it because of its id."""
    written = await capsules.write(CapsuleDraft(name=NAME, body="x"))
    for typed in (written.id[-1], written.id[-3:].lower(), written.id[:1]):
        await _refusal(capsules.read(typed), NotFoundError)
        await _refusal(capsules.delete(typed), NotFoundError)
    assert await capsules.read(written.id[-4:]) == written


async def versions_stay_as_they_were(capsules: Capsules) -> None:
    """A new version leaves the old one readable, and the history has both, newest first."""
    first = await capsules.write(CapsuleDraft(name=NAME, body="one"))
    second = await capsules.write(CapsuleDraft(name=NAME, body="two", expected=1, author=AGENT))
    assert (second.id, second.version) == (first.id, 2)
    assert (await capsules.read(NAME)).body == "two"
    assert await capsules.read(NAME, 1) == first
    assert [(head.version, head.author.kind) for head in await capsules.history(NAME)] == [(2, "run"), (1, "person")]


async def a_stale_writer_is_told(capsules: Capsules) -> None:
    """Compare-and-set: what was made from another version than the newest is refused, and nothing changes."""
    await capsules.write(CapsuleDraft(name=NAME, body="one", expected=0))
    await capsules.write(CapsuleDraft(name=NAME, body="two", expected=1))
    for expected in (0, 1, 3):
        fault = await _refusal(capsules.write(CapsuleDraft(name=NAME, body="lost", expected=expected)), CapsuleConflict)
        assert repr(NAME) in fault.message and "version 2" in fault.message and "read it again" in fault.hint
    await _refusal(capsules.write(CapsuleDraft(name="notes/none", body="lost", expected=1)), CapsuleConflict)
    assert (await capsules.read(NAME)).body == "two"


async def parallel_writers_lose_nothing(capsules: Capsules) -> None:
    """Eight writers that read, add a line and write, again on a conflict: every line is there at the end."""
    await capsules.write(CapsuleDraft(name=NAME, body=""))

    async def add(writer: int) -> None:
        for number in range(5):
            await _append(capsules, f"{writer}-{number}\n")

    await asyncio.gather(*(add(writer) for writer in range(8)))
    newest = await capsules.read(NAME)
    assert newest.version == 41
    assert set(newest.body.split()) == {f"{writer}-{number}" for writer in range(8) for number in range(5)}


async def memory_is_seen_as_of_a_moment(capsules: Capsules) -> None:
    """At a moment, later versions are not there yet, unless the run that looks wrote them; a deleted capsule never is."""
    first = await capsules.write(CapsuleDraft(name=NAME, body="one"))
    await asyncio.sleep(0.002)
    await capsules.write(CapsuleDraft(name=NAME, body="two"))
    await capsules.write(CapsuleDraft(name="notes/late", body="late"))
    assert (await capsules.read_at(NAME, Moment(at=first.written, run="R"))).body == "one"
    await _refusal(capsules.read_at("notes/late", Moment(at=first.written, run="R")), NotFoundError)
    await capsules.write(CapsuleDraft(name=NAME, body="three", author=AGENT))
    assert (await capsules.read_at(NAME, Moment(at=first.written, run="R"))).body == "three"
    assert (await capsules.read_at(NAME, Moment(at=first.written, run="other"))).body == "one"
    await capsules.delete(NAME)
    await _refusal(capsules.read_at(NAME, Moment(at=first.written, run="R")), NotFoundError)


async def a_search_finds_words_in_names_and_bodies(capsules: Capsules) -> None:
    """First the capsules that have all words, then those that have any; words that say nothing find nothing; newest versions alone."""
    for name, body in (
        ("kb/refunds", "# Refunds\n\nMoney that was charged twice comes back within five days."),
        ("kb/invoices", "# Invoices\n\nAn invoice lists what was charged, and why."),
        ("kb/export", "# Export\n\nThe export of a notebook."),
        ("diary/monday", "They charged me twice."),
    ):
        await capsules.write(CapsuleDraft(name=name, body=body))
    assert await _names(capsules.search("The customer was charged twice", within="kb")) == ["kb/refunds", "kb/invoices"]
    assert await _names(capsules.search("invoice", within="kb/")) == ["kb/invoices"]
    assert await _names(capsules.search("charging money twice")) == ["kb/refunds", "diary/monday", "kb/invoices"]
    assert await _names(capsules.search("charged", patterns=("diary/*",))) == ["diary/monday"]
    assert len(await capsules.search("charged", limit=1)) == 1
    found = await capsules.search("export")
    assert found == (await capsules.read("kb/export"),)
    await capsules.write(CapsuleDraft(name="kb/export", body="It is gone."))
    assert await capsules.search("notebook") == ()
    assert await _names(capsules.search("export gone")) == ["kb/export"]


async def a_search_takes_any_text_for_words(capsules: Capsules) -> None:
    """What would be the syntax of a query is none; a text without words finds nothing."""
    await capsules.write(CapsuleDraft(name=NAME, body="near or not, title: the tide"))
    for text in ('tide" OR "', "body : tide*", "tide NOT near(", "-tide ^ {a b} : + AND", "'tide'); DROP TABLE words; --"):
        assert await _names(capsules.search(text)) == [NAME], text
    for text in ("", "  ", '"', "* ^ ( ) : -", "\x00", "\U0001f642"):
        assert await capsules.search(text) == (), text


async def a_search_sees_memory_as_of_a_moment(capsules: Capsules) -> None:
    """A forked run finds the versions that were there at its fork, and what it has written since."""
    first = await capsules.write(CapsuleDraft(name=NAME, body="ebb"))
    await asyncio.sleep(0.002)
    await capsules.write(CapsuleDraft(name=NAME, body="flood"))
    await capsules.write(CapsuleDraft(name="notes/late", body="ebb"))
    assert [found.version for found in await capsules.search("ebb", moment=Moment(at=first.written, run="R"))] == [1]
    assert await capsules.search("flood", moment=Moment(at=first.written, run="R")) == ()
    await capsules.write(CapsuleDraft(name=NAME, body="spring", author=AGENT))
    assert [found.version for found in await capsules.search("spring", moment=Moment(at=first.written, run="R"))] == [3]
    assert await capsules.search("ebb", moment=Moment(at=first.written, run="R")) == ()
    assert await _names(capsules.search("ebb", moment=Moment(at=first.written, run="other"))) == [NAME]
    await capsules.delete(NAME)
    assert await capsules.search("ebb", moment=Moment(at=first.written, run="other")) == ()


async def a_deleted_capsule_is_gone_from_every_path(capsules: Capsules) -> None:
    """No read, version, list, search or history returns it, by name or by id."""
    written = await capsules.write(CapsuleDraft(name=NAME, body="secret"))
    assert await capsules.delete(short(written.id)) == written.ref
    for typed in (NAME, written.id, short(written.id)):
        for question in (capsules.read(typed), capsules.read(typed, 1), capsules.history(typed), capsules.delete(typed)):
            await _refusal(question, NotFoundError)
    assert await capsules.list() == await capsules.search("secret") == ()


async def a_name_written_after_a_delete_is_a_new_capsule(capsules: Capsules) -> None:
    """The new one starts at version 1, and does not bring the old text back."""
    old = await capsules.write(CapsuleDraft(name=NAME, body="old"))
    await capsules.delete(NAME)
    new = await capsules.write(CapsuleDraft(name=NAME, body="new", expected=0))
    assert new.version == 1 and new.id != old.id
    assert [head.id for head in await capsules.history(NAME)] == [new.id]
    await _refusal(capsules.read(old.id), NotFoundError)


async def lists_show_the_last_written_first(capsules: Capsules) -> None:
    """A list has one line per capsule, keeps to its prefix and its limit."""
    for name in ("a/one", "a/two", "b/one", "a/one"):
        await capsules.write(CapsuleDraft(name=name, body="x"))
    assert [(head.name, head.version) for head in await capsules.list()] == [("a/one", 2), ("b/one", 1), ("a/two", 1)]
    assert [head.name for head in await capsules.list(prefix="a/")] == ["a/one", "a/two"]
    assert [head.name for head in await capsules.list(limit=1)] == ["a/one"]


async def an_ambiguous_id_is_a_usage_error_that_lists_them(capsules: Capsules) -> None:
    """Ids made in the same moment begin alike: their common start fits several."""
    first = await capsules.write(CapsuleDraft(name="a", body=""))
    await capsules.write(CapsuleDraft(name="b", body=""))
    fault = await _refusal(capsules.read(first.id[:5]), UsageError)
    assert "a (" in fault.message and "b (" in fault.message


async def an_unknown_name_is_told_with_a_suggestion(capsules: Capsules) -> None:
    """A name with a slip in it finds the one that was meant."""
    await capsules.write(CapsuleDraft(name=NAME, body=""))
    fault = await _refusal(capsules.read("notes/tide"), NotFoundError)
    assert repr(NAME) in fault.hint
    await _refusal(capsules.read(""), NotFoundError)
    await _refusal(capsules.read(NAME, 7), NotFoundError)


async def a_page_of_a_list_goes_on_where_the_last_one_ended(capsules: Capsules) -> None:
    """Pages together are the list, whatever their size, with a prefix and without one; what is no place is told."""
    for number in range(7):
        await capsules.write(CapsuleDraft(name=f"{'ab'[number % 2]}/{number}", body="x"))
    for prefix in ("", "a/"):
        whole, after = await capsules.list(prefix=prefix), ""
        pages: list[CapsuleHead] = []
        while page := await capsules.list(prefix=prefix, limit=2, after=after):
            pages += page
            after = place_of(page[-1])
        assert tuple(pages) == whole
    await _refusal(capsules.list(after="nowhere"), UsageError)


async def a_list_is_seen_as_of_a_moment(capsules: Capsules) -> None:
    """Later capsules and versions are not there yet, but those of the run that looks, up to the moment that is said."""
    first = await capsules.write(CapsuleDraft(name=NAME, body="one"))
    await asyncio.sleep(0.002)
    own = await capsules.write(CapsuleDraft(name="notes/own", body="own", author=AGENT))
    await asyncio.sleep(0.002)
    await capsules.write(CapsuleDraft(name=NAME, body="two"))
    late = await capsules.write(CapsuleDraft(name="notes/own", body="late", author=AGENT))
    assert [head.ref for head in await capsules.list_as_of(Moment(at=first.written))] == [first.ref]
    assert [head.ref for head in await capsules.list_as_of(Moment(at=first.written, run="R"))] == [late.ref, first.ref]
    at_step = Moment(at=first.written, run="R", until=own.written)
    assert [head.ref for head in await capsules.list_as_of(at_step)] == [own.ref, first.ref]
    assert await capsules.read_at("notes/own", at_step) == own
    assert await capsules.list_as_of(at_step, prefix="other/") == ()


async def a_person_keeps_the_labels_of_what_they_change(capsules: Capsules) -> None:
    """Who mends a word has not vouched for the rest: only a version that says so clears. An agent's labels are its own."""
    await capsules.write(CapsuleDraft(name=NAME, body="from outside", author=AGENT, labels=("untrusted",)))
    edited = await capsules.write(CapsuleDraft(name=NAME, body="from the outside", expected=1))
    assert edited.labels == ("untrusted",)
    private = await capsules.write(CapsuleDraft(name=NAME, body="mine", labels=("private",)))
    assert set(private.labels) == {"untrusted", "private"}
    cleared = await capsules.write(CapsuleDraft(name=NAME, body="mine", labels=("private",), clears=True))
    assert cleared.labels == ("private",)
    assert (await capsules.write(CapsuleDraft(name=NAME, body="new", author=AGENT))).labels == ()


async def a_deleted_capsule_can_be_restored(capsules: Capsules) -> None:
    """With its id, its versions and its words; of several of a name the last, and not over one that has the name now."""
    written = await capsules.write(CapsuleDraft(name=NAME, body="ebb"))
    await capsules.write(CapsuleDraft(name=NAME, body="flood"))
    await capsules.delete(NAME)
    (gone,) = await capsules.deleted()
    assert (gone.ref.name, gone.ref.version, gone.by.kind) == (NAME, 2, "person")
    other = await capsules.write(CapsuleDraft(name=NAME, body="another"))
    await _refusal(capsules.restore(written.id), CapsuleConflict)
    await capsules.delete(other.id)
    assert (await capsules.restore(short(written.id))).id == written.id
    assert [head.version for head in await capsules.history(NAME)] == [2, 1]
    assert await _names(capsules.search("flood")) == [NAME]
    assert await capsules.search("ebb") == ()
    assert [gone.ref.id for gone in await capsules.deleted()] == [other.id]
    await _refusal(capsules.restore("notes/none"), NotFoundError)


async def a_purged_capsule_is_gone_for_good(capsules: Capsules) -> None:
    """No path brings it back, and its name neither; its id is never taken for new."""
    written = await capsules.write(CapsuleDraft(name=NAME, body="zanzibar one"))
    newest = await capsules.write(CapsuleDraft(name=NAME, body="zanzibar two"))
    await capsules.delete(NAME)
    assert await capsules.purge(written.id) == (written, newest)
    assert await capsules.deleted() == ()
    assert await capsules.list() == await capsules.search("zanzibar") == ()
    for question in (capsules.read(written.id), capsules.restore(written.id), capsules.restore(NAME), capsules.purge(written.id)):
        await _refusal(question, NotFoundError)
    assert await capsules.standing(written.id) == "purged"
    await _refusal(capsules.adopt((written,)), CapsuleConflict)
    living = await capsules.write(CapsuleDraft(name=NAME, body="new"))
    assert (await capsules.purge(NAME))[0].id == living.id


async def what_is_pinned_stays_so_through_its_versions(capsules: Capsules) -> None:
    """The mark belongs to the capsule; a deleted one is not among the pinned."""
    for name in ("b", "a", "c"):
        await capsules.write(CapsuleDraft(name=name, body="one"))
    for name in ("b", "a"):
        await capsules.pin(name)
    assert (await capsules.write(CapsuleDraft(name="a", body="two"))).pinned
    assert [(head.name, head.version, head.pinned) for head in await capsules.pinned()] == [("a", 2, True), ("b", 1, True)]
    await capsules.unpin("a")
    await capsules.delete("b")
    assert await capsules.pinned() == ()
    await _refusal(capsules.pin("nothing"), NotFoundError)


async def versions_can_be_taken_in_as_they_are(capsules: Capsules) -> None:
    """Number, author and time stay; what is here already, or is another's name, is a conflict, and nothing changes."""
    first = Capsule(id="0" * 26, name=NAME, version=1, author=AGENT, written=5.0, body="one", labels=("untrusted",), sources=("a.md",))
    second = replace(first, version=2, written=6.0, body="two")
    await capsules.adopt((first,))
    await capsules.adopt((second,), after=1)
    assert [await capsules.read(NAME, number) for number in (1, 2)] == [first, second]
    assert await _names(capsules.search("two")) == [NAME] and await capsules.search("one") == ()
    for versions, after in (((first,), 0), ((second,), 1), ((replace(first, id="1" * 26),), 0)):
        await _refusal(capsules.adopt(versions, after), CapsuleConflict)
    assert len(await capsules.history(NAME)) == 2


async def bad_names_and_bodies_are_refused(capsules: Capsules) -> None:
    """What could not be a file's name on some system is no name, and what is not text is no body."""
    bad = ("", "/a", "a/", "a//b", "..", "a/../b", ".hidden", "a\\b", "CON", "a/nul.txt", "end.", "runs/R/step", "x" * 201, "e\u0301")
    for name in bad:
        await _refusal(capsules.write(CapsuleDraft(name=name, body="x")), UsageError)
        await _refusal(capsules.prepare(CapsuleDraft(name=name, body="x")), UsageError)
    await _refusal(capsules.write(CapsuleDraft(name=NAME, body="\ud800")), UsageError)
    await _refusal(capsules.write(CapsuleDraft(name=NAME, body="x", header={"n": float("nan")})), UsageError)
    assert await capsules.list() == ()


PROMISES: tuple[Promise, ...] = (
    what_is_written_is_read_back,
    a_few_letters_are_a_name_and_never_the_end_of_an_id,
    versions_stay_as_they_were,
    a_stale_writer_is_told,
    parallel_writers_lose_nothing,
    memory_is_seen_as_of_a_moment,
    a_search_finds_words_in_names_and_bodies,
    a_search_takes_any_text_for_words,
    a_search_sees_memory_as_of_a_moment,
    a_deleted_capsule_is_gone_from_every_path,
    a_name_written_after_a_delete_is_a_new_capsule,
    lists_show_the_last_written_first,
    an_ambiguous_id_is_a_usage_error_that_lists_them,
    an_unknown_name_is_told_with_a_suggestion,
    bad_names_and_bodies_are_refused,
    a_page_of_a_list_goes_on_where_the_last_one_ended,
    a_list_is_seen_as_of_a_moment,
    a_person_keeps_the_labels_of_what_they_change,
    a_deleted_capsule_can_be_restored,
    a_purged_capsule_is_gone_for_good,
    what_is_pinned_stays_so_through_its_versions,
    versions_can_be_taken_in_as_they_are,
)


async def _append(capsules: Capsules, line: str) -> None:
    while True:
        found = await capsules.read(NAME)
        try:
            await capsules.write(CapsuleDraft(name=NAME, body=found.body + line, expected=found.version))
        except CapsuleConflict:
            continue
        return


async def _names(search: Awaitable[tuple[Capsule, ...]]) -> list[str]:
    return [capsule.name for capsule in await search]


async def _refusal(question: Awaitable[object], kind: type[Fault]) -> Fault:
    try:
        answer = await question
    except kind as fault:
        return fault
    raise AssertionError(f"{kind.__name__} expected, got {answer!r}")
