"""The benches' load client understands answers in whatever pieces they arrive."""

from __future__ import annotations

import pytest

from bench.http_answers import Answer, Answers, Garbled

PLAIN = b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\ncontent-LENGTH: 11\r\n\r\n<!DOCTYPE x"
CHUNKED = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"000f\r\n<!DOCTYPE html>\r\n3;name=value\r\n\r\n0\r\n0\r\n\r\n"
)
TRAILED = b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nDigest: x\r\n\r\n"
EMPTY = b"HTTP/1.1 204 No Content\r\n\r\n"
CONTINUED = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 422 Unprocessable Content\r\nContent-Length: 2\r\n\r\nno"
STREAM = PLAIN + CHUNKED + TRAILED + EMPTY + CONTINUED + PLAIN
EXPECTED = [
    Answer(200, b"<!DOCTYPE x"),
    Answer(200, b"<!DOCTYPE html>\r\n0"),
    Answer(201, b"ok"),
    Answer(204, b""),
    Answer(422, b"no"),
    Answer(200, b"<!DOCTYPE x"),
]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, len(STREAM)])
def test_answers_are_the_same_however_they_are_split_over_reads(size: int) -> None:
    answers = Answers()
    found = [answer for at in range(0, len(STREAM), size) for answer in answers.feed(STREAM[at : at + size])]
    assert found == EXPECTED
    assert answers.ended() is None


@pytest.mark.parametrize("at", range(1, len(CHUNKED)))
def test_an_answer_in_chunks_is_whole_only_with_its_last_byte(at: int) -> None:
    answers = Answers()
    assert list(answers.feed(CHUNKED[:at])) == []
    assert list(answers.feed(CHUNKED[at:])) == [EXPECTED[1]]


def test_an_answer_without_a_length_ends_with_its_connection() -> None:
    answers = Answers()
    assert list(answers.feed(b"HTTP/1.0 200 OK\r\n\r\nall of")) == []
    assert list(answers.feed(b" it")) == []
    assert answers.ended() == Answer(200, b"all of it")


@pytest.mark.parametrize("whole", [PLAIN, CHUNKED])
def test_an_answer_cut_off_by_its_connection_is_none(whole: bytes) -> None:
    answers = Answers()
    assert list(answers.feed(whole[:-1])) == []
    assert answers.ended() is None


@pytest.mark.parametrize(
    "wrong",
    [
        b"<!DOCTYPE html>\r\n\r\n",
        b"HTTP/1.1 OCT\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nokay",
    ],
)
def test_what_is_no_answer_is_told_as_such(wrong: bytes) -> None:
    with pytest.raises(Garbled):
        list(Answers().feed(wrong))
