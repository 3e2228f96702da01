"""A library that is not installed."""

import nosuchlibrary

nosuchlibrary.make()
