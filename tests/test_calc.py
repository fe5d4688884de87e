import unittest

import calc


class CalcTest(unittest.TestCase):
    def test_scale_by_one(self):
        self.assertEqual(calc.scale(3), 3)
