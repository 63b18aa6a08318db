"""The glossary says where things are in the code: files that it names exist, and so do the classes."""

import re

from tests.repository_paths import expanded, named_paths, page, product_code

GLOSSARY = page("docs/GLOSSARY.md")


def test_every_file_and_folder_that_the_glossary_names_exists() -> None:
    paths = named_paths(GLOSSARY)
    assert len(paths) > 80
    assert [path for path in paths if not expanded(path).exists()] == []


def test_every_record_section_names_the_class_that_it_is_today() -> None:
    named, code = re.findall(r"in the code \(`(\w+)`[^|]*\)", GLOSSARY), product_code()
    assert len(named) >= 11
    assert [name for name in named if f"class {name}" not in code] == []
