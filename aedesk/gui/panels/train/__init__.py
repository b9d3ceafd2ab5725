"""The Train page: what is to be trained (draft), the run (session), and the views of both."""
