{eval}
