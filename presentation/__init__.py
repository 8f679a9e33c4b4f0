"""How County Hall reads and looks: Chinese dates and money, the page frame, documents, QR codes, cleaning."""
