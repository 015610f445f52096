"""The five stages of a job, their progress and their time left."""
