"""Pure rules of live monitoring: facts in, decisions out; no database, no clock."""
