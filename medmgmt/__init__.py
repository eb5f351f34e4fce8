"""medmgmt: medication management and interaction review for mental-health programmes."""
