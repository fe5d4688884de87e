"""A list of things to do, kept in a JSON file."""

import json
import sys


def new_task(title):
    """A task as it is stored."""
    title = title.strip()
    if not title:
        raise ValueError("a task needs a title")
    return {"title": title, "done": False}


def line(task):
    """A task as the list shows it."""
    mark = "x" if task["done"] else " "
    return f"[{mark}] {task['title']}"


def load(path):
    try:
        with open(path, encoding="utf-8") as f:
            return json.load(f)
    except FileNotFoundError:
        return []


def save(path, tasks):
    with open(path, "w", encoding="utf-8") as f:
        json.dump(tasks, f, indent=1)
        f.write("\n")


def main(argv):
    if len(argv) >= 3 and argv[1] == "add":
        tasks = load(argv[2])
        tasks.append(new_task(" ".join(argv[3:])))
        save(argv[2], tasks)
    elif len(argv) == 3 and argv[1] == "list":
        for task in load(argv[2]):
            print(line(task))
    else:
        print("usage: tasks.py add <file> <title>... | list <file>", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
