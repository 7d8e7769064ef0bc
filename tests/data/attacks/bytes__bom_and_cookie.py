# coding: cp037
