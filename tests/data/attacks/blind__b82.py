from statistics import sys
