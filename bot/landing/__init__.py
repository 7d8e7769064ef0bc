"""What changes the base: announce, land, record, settle, complete what is open."""
