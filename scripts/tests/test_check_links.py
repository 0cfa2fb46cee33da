"""`check-links` follows good links and refuses each kind of broken one."""

import pathlib
import subprocess
import tempfile
import unittest

CHECK = pathlib.Path(__file__).resolve().parent.parent / "check-links"
OTHER = "# Title\n\n## Two words, `code`\n"


def check(text):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["git", "init", "--quiet", folder], check=True)
        (pathlib.Path(folder) / "other.md").write_text(OTHER)
        (pathlib.Path(folder) / "one.md").write_text("# One\n\n" + text)
        return subprocess.run([CHECK, folder], capture_output=True, text=True)


class Links(unittest.TestCase):
    def test_links_to_files_headings_lines_and_hosts_pass(self):
        for link in ["other.md", "#one", "other.md#two-words-code", "other.md#L3", "https://example.org/x#y"]:
            self.assertEqual(check(f"[a]({link})").returncode, 0, link)

    def test_links_to_nothing_are_refused(self):
        for link in ["none.md", "#none", "other.md#none", "other.md#L4", "other.md#L1-L9"]:
            outcome = check(f"[a]({link})")
            self.assertEqual(outcome.returncode, 1, link)
            self.assertIn(f"one.md: `{link}`", outcome.stderr)

    def test_what_stands_in_a_block_of_code_is_no_link(self):
        self.assertEqual(check("```\n[a](none.md)\n```\n").returncode, 0)


if __name__ == "__main__":
    unittest.main()
