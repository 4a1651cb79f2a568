"""Dated facts about schools, classrooms, classes, pairs and consents, and their small rules. Pure."""
