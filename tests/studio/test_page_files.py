"""The page's files themselves: complete, without other hosts, and as its security policy wants."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

import impasto

PAGE = Path(impasto.__file__).parent / "studio" / "page"
INDEX = (PAGE / "index.html").read_text("utf-8")
MODULES = sorted(path.name for path in PAGE.glob("*.js"))


def test_every_file_that_is_named_is_there():
    named = re.findall(r'(?:href|src)="page/([^"#]+)', INDEX)
    for path in PAGE.glob("*.js"):
        named += re.findall(r'from "\./([^"]+)"', path.read_text("utf-8"))
    assert {name for name in named if not (PAGE / name).is_file()} == set()


def test_every_module_is_loaded_side_by_side():
    assert [name for name in MODULES if f'"page/{name}"' not in INDEX] == []


def test_every_icon_that_is_used_is_drawn():
    drawn = set(re.findall(r'id="icon-([a-z]+)"', INDEX))
    used = set(re.findall(r'href="#icon-([a-z]+)"', INDEX))
    for path in PAGE.glob("*.js"):
        text = path.read_text("utf-8")
        used |= set(re.findall(r'(?:symbol: |icon\()"([a-z]+)"', text))
    assert used <= drawn


def test_no_other_host_is_named():
    for path in PAGE.iterdir():
        hosts = re.findall(r"https?://([\w.]+)", path.read_text("utf-8"))
        assert set(hosts) <= {"www.w3.org"}, path  # the name of SVG, which is not asked for


def test_nothing_is_written_into_the_page_that_its_policy_forbids():
    assert not re.search(r"<script(?![^>]*\bsrc=)|\sstyle=|\son\w+=", INDEX)
    for path in PAGE.glob("*.js"):
        assert not re.search(r"innerHTML|outerHTML|\beval\(|alert\(", path.read_text("utf-8")), path


@pytest.mark.parametrize("name", MODULES)
def test_every_module_can_be_read(name):
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed, which reads the modules")
    subprocess.run([node, "--check", PAGE / name], check=True)
