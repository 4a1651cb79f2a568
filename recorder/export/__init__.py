"""One MP4 of a lesson: H.264 and AAC, made from all the files of its recording, beside everything else."""
