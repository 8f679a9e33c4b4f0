"""The event chain: every kind of tampering is found and named; proofs hold and forged ones do not."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.chain import (
    GENESIS,
    ChainRow,
    Checkpoint,
    NamedHasher,
    canonical,
    commit,
    event_hash,
    verify,
)
from rules.merkle import InclusionProof, inclusion_proof, merkle_root, verify_proof


def sealed(sequence: int, previous: str, what: str = "event") -> ChainRow:
    payload, salt = canonical({"what": f"{what} {sequence}"}), bytes([sequence % 256]) * 16
    commitment = commit(payload, salt)
    metadata = {"sequence": sequence, "kind": what}
    return ChainRow(
        sequence, previous, metadata, commitment, event_hash(previous, metadata, commitment), payload, salt
    )


def chain(length: int) -> list[ChainRow]:
    rows: list[ChainRow] = []
    for sequence in range(1, length + 1):
        rows.append(sealed(sequence, rows[-1].hash if rows else GENESIS))
    return rows


def found(rows, *checkpoints):
    return {(fault.kind, fault.sequence) for fault in verify(rows, checkpoints)}


def renumbered(row: ChainRow, by: int) -> ChainRow:
    sequence = row.sequence + by
    return replace(row, sequence=sequence, metadata={**row.metadata, "sequence": sequence})


def test_a_whole_chain_has_no_fault_and_neither_has_an_empty_one():
    rows = chain(30)
    assert found(rows, Checkpoint(10, rows[9].hash), Checkpoint(30, rows[29].hash)) == set()
    assert found([]) == set()


def test_erased_payloads_leave_the_chain_whole():
    rows = [replace(row, payload=None, salt=None) for row in chain(5)]
    assert found(rows) == set()


@pytest.mark.parametrize("place", [0, 4, 9])
def test_a_changed_event_is_found(place):
    rows = chain(10)
    rows[place] = replace(rows[place], metadata={**rows[place].metadata, "kind": "other"})
    assert found(rows) == {("changed", place + 1)}


@pytest.mark.parametrize("place", [0, 4, 9])
def test_a_changed_payload_is_found(place):
    rows = chain(10)
    rows[place] = replace(rows[place], payload=canonical({"what": "other"}))
    assert found(rows) == {("changed", place + 1)}


def test_a_payload_without_its_salt_is_a_change():
    rows = chain(3)
    rows[1] = replace(rows[1], salt=None)
    assert found(rows) == {("changed", 2)}


def test_an_event_rewritten_with_a_fitting_hash_is_found_by_its_successor():
    rows = chain(10)
    rows[4] = sealed(5, rows[3].hash, "forged")
    assert found(rows) == {("changed", 5)}


def test_a_chain_rewritten_to_its_end_is_found_by_a_checkpoint():
    rows = chain(10)
    kept = Checkpoint(8, rows[7].hash)
    for place in range(4, 10):
        rows[place] = sealed(place + 1, rows[place - 1].hash, "forged")
    assert found(rows) == set()
    assert found(rows, kept) == {("changed", 8)}


@pytest.mark.parametrize("place", [0, 4, 8])
def test_a_removed_event_is_found(place):
    rows = chain(10)
    del rows[place]
    assert found(rows) == {("removed", place + 1)}


def test_several_removed_events_are_told_as_one_gap():
    rows = chain(10)
    faults = list(verify(rows[:3] + rows[6:]))
    assert [(each.kind, each.sequence) for each in faults] == [("removed", 4)]
    assert "第4条至第6条" in faults[0].detail


@pytest.mark.parametrize("place", [1, 4, 8])
def test_a_removal_hidden_by_renumbering_is_found(place):
    rows = chain(10)
    rows = rows[:place] + [renumbered(row, -1) for row in rows[place + 1 :]]
    assert found(rows) == {("removed", place + 1)}


def test_an_inserted_event_is_found():
    rows = chain(10)
    rows.insert(5, sealed(5, rows[4].hash, "forged"))
    assert {kind for kind, _ in found(rows)} == {"inserted"}


def test_an_insertion_hidden_by_renumbering_is_found():
    rows = chain(10)
    forged = sealed(6, rows[4].hash, "forged")
    rows = [*rows[:5], forged, *(renumbered(row, 1) for row in rows[5:])]
    assert "inserted" in {kind for kind, _ in found(rows)}


def test_reordered_events_are_found():
    rows = chain(10)
    rows[3], rows[4] = rows[4], rows[3]
    assert {kind for kind, _ in found(rows)} == {"reordered"}


def test_events_that_swapped_their_numbers_are_found():
    rows = chain(10)
    rows[3], rows[4] = renumbered(rows[4], -1), renumbered(rows[3], 1)
    assert {kind for kind, _ in found(rows)} == {"reordered"}


def test_a_changed_number_alone_is_found():
    rows = [row if row.sequence < 6 else renumbered(row, 1) for row in chain(10)]
    assert ("changed", 7) in found(rows)


def test_a_cut_tail_is_found_when_a_checkpoint_is_given():
    rows = chain(10)
    assert found(rows[:7]) == set()
    assert found(rows[:7], Checkpoint(10, rows[9].hash)) == {("tail_cut", 8)}
    assert found([], Checkpoint(10, rows[9].hash)) == {("tail_cut", 1)}


@given(st.integers(2, 12), st.data())
def test_any_single_tampering_is_found(length, data):
    rows = chain(length)
    head = Checkpoint(length, rows[-1].hash)
    place = data.draw(st.integers(0, length - 1))
    how = data.draw(
        st.sampled_from(["hash", "previous", "commitment", "payload", "remove", "double", "swap"])
    )
    if how == "remove":
        del rows[place]
    elif how == "double":
        rows.insert(place, rows[place])
    elif how == "swap":
        other = (place + 1) % length
        rows[place], rows[other] = rows[other], rows[place]
    elif how == "payload":
        rows[place] = replace(rows[place], payload=b"{}")
    else:
        rows[place] = replace(rows[place], **{how: "00" * 32})
    assert found(rows, head) != set()


def test_a_commitment_hides_its_payload_and_needs_a_real_salt():
    payload = canonical({"name": "某人"})
    assert commit(payload, b"a" * 16) != commit(payload, b"b" * 16)
    with pytest.raises(ValueError, match="salt"):
        commit(payload, b"short")


def test_canonical_json_has_one_form_and_refuses_floats():
    assert canonical({"b": 1, "a": "县"}) == '{"a":"县","b":1}'.encode()
    for bad in ({"a": 1.5}, {"a": [float("nan")]}, {1: "a"}):
        with pytest.raises(TypeError):
            canonical(bad)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda held: (
            st.lists(held, max_size=4)
            | st.lists(held, max_size=4).map(tuple)
            | st.dictionaries(st.text(max_size=8), held, max_size=4)
        ),
    )
)
def test_canonical_json_is_what_the_library_would_write(value):
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert canonical(value) == text.encode("utf-8")


def test_an_event_without_a_sequence_number_cannot_be_hashed():
    with pytest.raises(ValueError, match="sequence"):
        event_hash(GENESIS, {"kind": "x"}, "00")


def test_sm3_takes_the_place_of_sha256_where_openssl_has_it():
    if "sm3" not in hashlib.algorithms_available:
        pytest.skip("this OpenSSL has no SM3")
    sm3 = NamedHasher("sm3")
    metadata = {"sequence": 1}
    commitment = commit(b"{}", b"s" * 16, sm3)
    row = ChainRow(1, GENESIS, metadata, commitment, event_hash(GENESIS, metadata, commitment, sm3))
    assert list(verify([row], hasher=sm3)) == []
    assert {fault.kind for fault in verify([row])} == {"changed"}


@given(st.integers(1, 40), st.data())
def test_every_leaf_is_proved_and_no_other(count, data):
    leaves = [hashlib.sha256(bytes([each])).hexdigest() for each in range(count)]
    root = merkle_root(leaves)
    index = data.draw(st.integers(0, count - 1))
    proof = inclusion_proof(leaves, index)
    assert verify_proof(leaves[index], proof, root)
    assert not verify_proof(hashlib.sha256(b"other").hexdigest(), proof, root)
    assert not verify_proof(leaves[index], proof, merkle_root([*leaves, leaves[0]]))
    if count > 1:
        assert not verify_proof(leaves[index], replace(proof, index=(index + 1) % count), root)
        assert not verify_proof(leaves[index], replace(proof, path=proof.path[:-1]), root)


def test_roots_and_proofs_of_nothing():
    assert merkle_root([]) == hashlib.sha256(b"").hexdigest()
    with pytest.raises(IndexError):
        inclusion_proof([], 0)
    assert not verify_proof("zz", InclusionProof(0, 1, ()), "00")
    assert not verify_proof("00" * 32, InclusionProof(3, 2, ()), "00")
