"""The official forms on paper: one layout as data, drawn as xlsx, docx, PDF and on screen; and read back."""
