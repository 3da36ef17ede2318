"""The pages for mentors: their words in two languages, a context for each page, the rendering, and publishing lists."""
