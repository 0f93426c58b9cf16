"""A study: study.toml carried out, from models to a report.

Inside: `config` (the file, typed), `toml` (tables to dataclasses, mistakes by line), `study` (the
steps), `results` (what is made of the answers), `adaptive` (how deep each model is sampled),
`manifest` (what results were made of), `changes` (what new models changed), `forecasts`, `publish`
(the report's content), `watch` (new models of the hub), `demo`.
"""
