from components.state import database
