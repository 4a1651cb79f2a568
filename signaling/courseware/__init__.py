"""Courseware (课件): what teachers upload, made into pictures of pages that every seat can show.

Pages are made here and not in the browser: a ten-year-old PC then only shows pictures, and nobody else opens a
stranger's PDF than a process that may do nothing.
"""
