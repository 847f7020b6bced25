"""A recorded market, replayed at its own times; nothing that the recording does not show is made up."""


