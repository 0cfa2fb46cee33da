"""`check-floor-plan` lets a good house stand and refuses each kind of wrong one."""

import json
import pathlib
import subprocess
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
CHECK = HERE.parent / "check-floor-plan"
PLAN = "core:\nstorage: core\njose: core\nverify: core jose\n"


def check(plan=PLAN, doctor=lambda packages: None):
    """Runs the check on the good house after `doctor` has worked on its packages, by name."""
    metadata = json.loads((HERE / "house.json").read_text())
    packages = {package["name"]: package for package in metadata["packages"]}
    doctor(packages)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "plan").write_text(plan)
        (folder / "metadata").write_text(json.dumps({"packages": list(packages.values())}))
        command = [CHECK, "--plan", folder / "plan", "--metadata", folder / "metadata"]
        return subprocess.run(command, capture_output=True, text=True)


def arrow(crate, used, kind=None):
    def doctor(packages):
        packages[f"quash-{crate}"]["dependencies"].append({"name": f"quash-{used}", "kind": kind})
    return doctor


class FloorPlan(unittest.TestCase):
    def refuses(self, outcome, *words):
        self.assertEqual(outcome.returncode, 1, outcome.stdout)
        for word in words:
            self.assertIn(word, outcome.stderr)

    def test_a_house_built_to_plan_stands(self):
        outcome = check()
        self.assertEqual(outcome.returncode, 0, outcome.stderr)

    def test_an_arrow_that_the_plan_does_not_draw_is_refused(self):
        self.refuses(check(doctor=arrow("verify", "storage")), "`verify` uses `storage`")

    def test_a_build_dependency_is_an_arrow_too(self):
        self.refuses(check(doctor=arrow("verify", "storage", "build")), "`verify` uses `storage`")

    def test_an_arrow_up_is_refused(self):
        self.refuses(check(doctor=arrow("core", "verify")), "`core` uses `verify`")

    def test_tests_may_not_use_their_own_floor_or_a_higher_one(self):
        self.refuses(check(doctor=arrow("storage", "jose", "dev")), "the tests of `storage`")
        self.refuses(check(doctor=arrow("storage", "verify", "dev")), "the tests of `storage`")

    def test_the_tests_of_a_crate_may_turn_its_own_features_on(self):
        outcome = check(doctor=arrow("storage", "storage", "dev"))
        self.assertEqual(outcome.returncode, 0, outcome.stderr)
        self.refuses(check(doctor=arrow("storage", "storage")), "`storage` uses `storage`")

    def test_a_crate_without_a_line_is_refused(self):
        self.refuses(check(plan="core:\nstorage: core\njose: core\n"), "`verify` is not in the plan")

    def test_a_line_without_a_crate_is_refused(self):
        self.refuses(check(plan=PLAN + "attic: core\n"), "`attic`", "no such crate")

    def test_a_package_without_the_projects_prefix_is_refused(self):
        def doctor(packages):
            packages["verify"] = packages.pop("quash-verify") | {"name": "verify"}
        self.refuses(check(doctor=doctor), "`verify` does not begin with")

    def test_a_plan_that_points_up_or_names_a_crate_twice_is_refused(self):
        self.refuses(check(plan="core: verify\n" + PLAN), "not on an earlier line")
        self.refuses(check(plan=PLAN + "verify: core\n"), "`verify` twice")


if __name__ == "__main__":
    unittest.main()
