"""In which province should the incumbent open first? Gains by province, and how surely they are ranked."""
