"""Sources travel to workers as one content-addressed bundle."""

import io
import multiprocessing
import os
import zipfile
from pathlib import Path

import pytest

from scrapers.source_files.bundle import BundleRefused, pack_sources, unpack_sources

FILES = {
    "shop.yaml": "source: shop\nseeds: {file: urls.txt, params: {sku: {file: lists/skus.txt}}}\n",
    "shop.py": "x = 1\n",
    "parts/deep/help.py": "y = 1\n",
    "scrapeline.yaml": "contact: x\n",
    "urls.txt": "https://x.test/\n",
    "lists/skus.txt": "A\n",
    "broken.yaml": "a: {\n",
}
LEFT_OUT = {
    "unused.txt": "", "secrets.yaml": "", ".env": "", "data/page.html": "", "x.parquet": "", "credentials.py": "",
    "__pycache__/shop.py": "", ".venv/lib/a.py": "", "venv/pyvenv.cfg": "", "venv/b.py": "", "node_modules/c.py": "",
}  # fmt: skip


def names(data: bytes) -> list[str]:
    return zipfile.ZipFile(io.BytesIO(data)).namelist()


def test_sources_code_and_named_lists_are_packed_and_nothing_else(write):
    _, data = pack_sources(write({**FILES, **LEFT_OUT}))

    assert names(data) == sorted(FILES)


def test_the_same_files_give_the_same_bytes(write, tmp_path):
    folder = write(FILES)
    digest, data = pack_sources(folder)
    os.utime(folder / "shop.yaml", (1, 1))
    os.rename(folder, tmp_path / "elsewhere")

    assert pack_sources(tmp_path / "elsewhere") == (digest, data)
    (tmp_path / "elsewhere" / "urls.txt").write_text("https://y.test/\n")
    assert pack_sources(tmp_path / "elsewhere")[0] != digest


def test_what_was_packed_is_unpacked_under_its_digest_and_only_once(write, tmp_path):
    digest, data = pack_sources(write(FILES))

    folder = unpack_sources(data, tmp_path / "into")
    (folder / "shop.py").write_text("kept")

    assert folder == tmp_path / "into" / digest
    assert unpack_sources(data, tmp_path / "into") == folder
    assert (folder / "shop.py").read_text() == "kept"
    assert (folder / "lists" / "skus.txt").read_text() == "A\n"
    assert os.listdir(tmp_path / "into") == [digest]


def test_many_processes_may_unpack_at_once(write, tmp_path):
    _, data = pack_sources(write(FILES))

    with multiprocessing.get_context("spawn").Pool(4) as pool:
        folders = pool.starmap(unpack_sources, [(data, tmp_path / "into")] * 12)

    assert len(set(folders)) == 1
    assert len(os.listdir(tmp_path / "into")) == 1


def test_a_link_out_of_the_folder_is_refused_and_one_inside_is_followed(write, tmp_path):
    folder = write(FILES)
    (folder / "same.py").symlink_to(folder / "shop.py")
    assert "same.py" in names(pack_sources(folder)[1])

    (tmp_path / "outside.py").write_text("secret = 1\n")
    (folder / "link.py").symlink_to(tmp_path / "outside.py")
    with pytest.raises(BundleRefused, match=r"link\.py leads out"):
        pack_sources(folder)


def test_a_list_out_of_the_folder_is_refused(write, tmp_path):
    (tmp_path / "outside.txt").write_text("https://x.test/\n")

    with pytest.raises(BundleRefused, match="leads out"):
        pack_sources(write({"shop.yaml": "source: shop\nseeds: {file: ../outside.txt}\n"}))


@pytest.mark.parametrize(
    "name", ["../evil.py", "/etc/evil.py", "a/../../evil.py", "a\\..\\evil.py", "C:/evil.py", "dir/"]
)
def test_names_that_lead_out_are_refused_before_anything_is_written(tmp_path: Path, name):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(zipfile.ZipInfo(name), "x")

    with pytest.raises(BundleRefused, match="which is no plain file inside it"):
        unpack_sources(packed.getvalue(), tmp_path / "into")
    assert not (tmp_path / "into").exists()


def test_links_and_damaged_bundles_are_refused(tmp_path: Path):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        link = zipfile.ZipInfo("link.py")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")

    with pytest.raises(BundleRefused, match="which is no plain file"):
        unpack_sources(packed.getvalue(), tmp_path / "into")
    with pytest.raises(BundleRefused, match="damaged"):
        unpack_sources(packed.getvalue()[:20], tmp_path / "into")
