"""`check-file-sizes` counts code, and code only, and refuses what is too long."""

import pathlib
import subprocess
import tempfile
import unittest

CHECK = pathlib.Path(__file__).resolve().parent.parent / "check-file-sizes"

NOT_CODE = '''//! A crate.

/* A comment /* within */ a comment
   let x = 1; */
#[cfg(test)]
use std::{
    fmt, fs,
};
#[cfg(all(test, unix))]
mod tests {
    #[test]
    fn a_brace_in_a_text_closes_nothing() {
        assert_eq!("}", '}'.to_string()); // }
    }
}
'''
CODE = '''fn longest<'a>(x: &'a str) -> &'a str {
    r#"// " no comment"#;
    "two \\" // lines
    of text";
    x
}
'''


def check(files):
    """Runs the check on one crate with these files, given by their path below `src`."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = pathlib.Path(folder) / "one" / "src" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return subprocess.run([CHECK, "--list", folder], capture_output=True, text=True)


def lines(count):
    return "static X: u8 = 0;\n" * count


class FileSizes(unittest.TestCase):
    def counts(self, size, name, files):
        self.assertIn(f"{size:6} one/src/{name}\n", check(files).stdout)

    def test_comments_blanks_and_tests_are_not_code(self):
        self.counts(0, "lib.rs", {"lib.rs": NOT_CODE})

    def test_what_looks_like_a_comment_in_a_text_is_code(self):
        self.counts(6, "lib.rs", {"lib.rs": CODE})
        self.counts(6, "lib.rs", {"lib.rs": NOT_CODE + CODE + NOT_CODE})

    def test_a_test_module_in_a_file_of_its_own_does_not_count(self):
        parent = "#[cfg(test)]\nmod tests;\n"
        files = {"a.rs": parent, "b/mod.rs": parent, "a/tests.rs": lines(600), "b/tests/deep.rs": lines(600)}
        self.assertEqual(check(files).returncode, 0)

    def test_a_file_of_500_lines_passes_and_one_of_501_does_not(self):
        small = {f"{number}.rs": lines(1) for number in range(20)}
        self.assertEqual(check(small | {"long.rs": lines(500)}).returncode, 0)
        outcome = check(small | {"long.rs": lines(501)})
        self.assertEqual(outcome.returncode, 1)
        self.assertIn("long.rs has 501 code lines", outcome.stderr)

    def test_nine_files_of_ten_stay_within_250_lines(self):
        small = {f"{number}.rs": lines(1) for number in range(8)}
        self.assertEqual(check(small | {"a.rs": lines(250), "b.rs": lines(300)}).returncode, 0)
        outcome = check(small | {"a.rs": lines(251), "b.rs": lines(300)})
        self.assertEqual(outcome.returncode, 1)
        self.assertIn("1 file in 10 has 251", outcome.stderr)

    def test_half_of_the_files_stay_within_100_lines(self):
        outcome = check({"a.rs": lines(1), "b.rs": lines(101), "c.rs": lines(102)})
        self.assertEqual(outcome.returncode, 1)
        self.assertIn("half of the files have more than 101", outcome.stderr)

    def test_a_folder_without_sources_is_an_error(self):
        self.assertEqual(check({}).returncode, 1)


if __name__ == "__main__":
    unittest.main()
