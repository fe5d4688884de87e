import os
import tempfile
import unittest

import tasks


class TaskTest(unittest.TestCase):
    def test_new_task_is_open(self):
        task = tasks.new_task(" water the plants ")
        self.assertEqual(task["title"], "water the plants")
        self.assertFalse(task["done"])

    def test_title_is_needed(self):
        with self.assertRaises(ValueError):
            tasks.new_task("  ")

    def test_line_shows_mark_and_title(self):
        task = tasks.new_task("water the plants")
        self.assertEqual(tasks.line(task), "[ ] water the plants")

    def test_saved_tasks_come_back(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "tasks.json")
            tasks.save(path, [tasks.new_task("a"), tasks.new_task("b")])
            self.assertEqual([t["title"] for t in tasks.load(path)], ["a", "b"])

    def test_no_file_is_no_tasks(self):
        self.assertEqual(tasks.load("/nowhere/tasks.json"), [])


if __name__ == "__main__":
    unittest.main()
