import pytest

from graduasi.declarations.dictionary import read_dictionary
from graduasi.declarations.programme import read_programme
from graduasi.errors import DeclarationError
from tests.made_up.small_programme import SMALL


@pytest.mark.parametrize(
    "read", [read_dictionary, lambda path: read_programme(path, SMALL)], ids=["dictionary", "programme"]
)
def test_a_file_that_is_not_utf8_is_refused_by_name(tmp_path, read):
    (tmp_path / "x.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DeclarationError, match="cannot be read as text"):
        read(tmp_path / "x.toml")
