"""The paper (資料) of an edition: composed once, then a page, a PDF and a workbook."""
