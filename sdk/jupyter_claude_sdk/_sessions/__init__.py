"""The CLI's sessions on disk: transcripts, and the files beside them."""
