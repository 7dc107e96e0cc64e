"""Where the documents' examples stand: facts about the documents, none of their text.

Each line says: the example's number, its first and last line, the column where it begins and the
one where it ends (None: the line's end) since the flattened documents run text and code together,
the beginning of the SHA-256 of its text, and for the flattened ones the depth of each line, which
they have lost. Numbers are those of the inventory: the fenced blocks of S0, S2 and S3 in order, the
examples of use in S1 and S4.
"""

from __future__ import annotations

from typing import NamedTuple


class Place(NamedTuple):
    """Where an example stands."""

    first: int
    last: int
    begin: int
    end: int | None
    digest: str
    depths: str = ""


#: How the names of the documents begin.
DOCUMENTS = {"S0": "000_", "S1": "001_", "S2": "002_", "S3": "003_", "S4": "004_"}

PLACES = {
    "S0-2": Place(49, 52, 0, None, "34feb6f2f854"),
    "S0-3": Place(60, 97, 0, None, "3dffc571b52c"),
    "S0-4": Place(103, 134, 0, None, "e535bd4f3db5"),
    "S0-5": Place(140, 172, 0, None, "1d7d339b28bb"),
    "S0-6": Place(178, 229, 0, None, "dc79f7e589c0"),
    "S2-3": Place(78, 95, 0, None, "41a36d786b32"),
    "S2-7": Place(145, 155, 0, None, "5c9fdff97067"),
    "S2-9": Place(185, 215, 0, None, "d4307b437a52"),
    "S2-11": Place(263, 266, 0, None, "34feb6f2f854"),
    "S2-12": Place(274, 307, 0, None, "72a399d892b6"),
    "S2-13": Place(313, 341, 0, None, "c8dd92100ed1"),
    "S2-14": Place(347, 374, 0, None, "2b97d0aaadde"),
    "S2-35": Place(688, 707, 0, None, "0111bb4c5bfc"),
    "S2-36": Place(713, 728, 0, None, "ba1e8603b99c"),
    "S2-37": Place(734, 753, 0, None, "659ab07a453c"),
    "S3-3": Place(40, 65, 0, None, "8d2a02e01d75"),
    "S3-5": Place(77, 77, 0, None, "96444561427e"),
    "S3-6": Place(93, 116, 0, None, "42640d665700"),
    "S3-7": Place(124, 131, 0, None, "c8b40b4157ef"),
    "S3-8": Place(141, 179, 0, None, "9d456eabbb66"),
    "S3-9": Place(211, 247, 0, None, "b44e774ccd95"),
    "S3-10": Place(255, 278, 0, None, "82ac9f926e80"),
    "S3-11": Place(286, 328, 0, None, "dcd2ede0d30a"),
    "S3-12": Place(336, 371, 0, None, "ab087fd57939"),
    "S3-13": Place(379, 419, 0, None, "3ae406e40da9"),
    "S3-14": Place(427, 485, 0, None, "c8f8e0017de4"),
    "S3-15": Place(493, 503, 0, None, "e5bbb74671c6"),
    "S3-16": Place(509, 530, 0, None, "7a76c4a0036a"),
    "S3-17": Place(536, 566, 0, None, "4a27f79a7770"),
    "S3-18": Place(574, 626, 0, None, "ab50bba022ff"),
    "S3-19": Place(632, 678, 0, None, "50de8f629cec"),
    "S3-20": Place(684, 731, 0, None, "690ffc2b6106"),
    "S3-21": Place(739, 778, 0, None, "ba1e99055cc3"),
    "S3-22": Place(784, 799, 0, None, "690d51b7b6cd"),
    "S1-1": Place(
        64,
        82,
        46,
        15,
        "69c4bd4a0b5d",
        "0012222345622234560",
    ),
    "S1-2": Place(
        82,
        94,
        15,
        15,
        "2e07e993acf3",
        "0012222112230",
    ),
    "S1-3": Place(
        94,
        120,
        15,
        15,
        "d96e4a14b008",
        "011000123210112221122112230",
    ),
    "S1-4": Place(
        120,
        151,
        15,
        15,
        "7dcc5b4a4167",
        "00111211123455543101223432112230",
    ),
    "S1-5": Place(
        151,
        165,
        15,
        15,
        "8114e07aafb6",
        "000122234222220",
    ),
    "S1-6": Place(
        165,
        172,
        15,
        15,
        "f1da7464ebad",
        "00122330",
    ),
    "S1-7": Place(
        172,
        184,
        15,
        15,
        "37750290f550",
        "0011223334120",
    ),
    "S4-1": Place(
        25,
        38,
        0,
        19,
        "241829e3f2ae",
        "00012221122120",
    ),
    "S4-2": Place(
        58,
        67,
        0,
        1,
        "fa1d02622dc0",
        "0000123321",
    ),
    "S4-3": Place(
        78,
        104,
        0,
        1,
        "bf929b8131af",
        "000123321001233210111000110",
    ),
    "S4-4": Place(
        122,
        125,
        0,
        14,
        "85fe6318f42d",
        "0112",
    ),
    "S4-5": Place(
        127,
        153,
        0,
        19,
        "292edc7af170",
        "000122223456222345622234560",
    ),
    "S4-6": Place(
        153,
        175,
        19,
        19,
        "545bc6ecbbed",
        "00011111111012222322230",
    ),
    "S4-7": Place(
        175,
        195,
        19,
        33,
        "87a4cecb087e",
        "000122112222222222330",
    ),
    "S4-8": Place(
        195,
        234,
        33,
        19,
        "926794a6bf73",
        "0110011101112333211223321122101221122330",
    ),
    "S4-9": Place(
        303,
        311,
        0,
        14,
        "42cc7c10e945",
        "000112101",
    ),
    "S4-10": Place(
        312,
        319,
        0,
        14,
        "9f8db5648471",
        "00112101",
    ),
    "S4-11": Place(
        320,
        328,
        0,
        14,
        "64bd5d17776d",
        "001122101",
    ),
    "S4-12": Place(329, 340, 0, 14, "2cefbb9fa17c"),
    "S4-13": Place(
        341,
        353,
        0,
        14,
        "56a4f4166aa4",
        "0011233222101",
    ),
    "S4-14": Place(
        486,
        528,
        86,
        14,
        "7259b0394175",
        "0001110112234555431011101110123322321001101",
    ),
    "S4-15": Place(
        753,
        806,
        1,
        19,
        "bda7d4a6333e",
        "000112212222334344434444443333334567322012211111111110",
    ),
    "S4-16": Place(
        806,
        878,
        19,
        19,
        "8b3847605494",
        "0111100001110111112344432101110111101110111111233210123443343343221122330",
    ),
    "S4-17": Place(
        878,
        913,
        19,
        31,
        "32cb9f5edb98",
        "011111100012211232222345677565633440",
    ),
    "S4-18": Place(
        913,
        929,
        31,
        29,
        "dabd15209bac",
        "00012221122123450",
    ),
    "S4-19": Place(
        929,
        943,
        29,
        39,
        "a14e1ddf1c05",
        "011110012010101",
    ),
    "S4-20": Place(
        943,
        957,
        39,
        34,
        "30a4e91bcfd1",
        "000122223222230",
    ),
    "S4-21": Place(
        957,
        1027,
        34,
        19,
        "81eafd8bbdb4",
        "01111110000001223443212344332001112332101122211122332111222345622234560",
    ),
}
