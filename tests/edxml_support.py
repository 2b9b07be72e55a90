"""edXML messages for tests, made up in the form of QCVN 102:2016."""

from __future__ import annotations

import base64
from collections.abc import Sequence

HEADER = """
<edXML:From><edXML:OrganId>000.00.99.X01</edXML:OrganId>
<edXML:OrganizationInCharge>UBND tỉnh Kon Tum</edXML:OrganizationInCharge>
<edXML:OrganName>Sở Y tế tỉnh Kon Tum</edXML:OrganName></edXML:From>
<edXML:To><edXML:OrganName>Sở Tài chính</edXML:OrganName></edXML:To>
<edXML:To><edXML:OrganName>Sở Nội vụ</edXML:OrganName></edXML:To>
<edXML:DocumentId>000.00.99.X01,2021/08/17,128/SYT-NVY</edXML:DocumentId>
<edXML:Code><edXML:CodeNumber>128</edXML:CodeNumber><edXML:CodeNotation>SYT-NVY</edXML:CodeNotation></edXML:Code>
<edXML:PromulgationInfo><edXML:Place>Kon Tum</edXML:Place>
<edXML:PromulgationDate>2021/08/17</edXML:PromulgationDate></edXML:PromulgationInfo>
<edXML:DocumentType><edXML:Type>2</edXML:Type><edXML:TypeName>Công văn</edXML:TypeName></edXML:DocumentType>
<edXML:Subject>Về việc bố trí
 kinh phí</edXML:Subject>
<edXML:SignerInfo><edXML:Competence>KT. GIÁM ĐỐC</edXML:Competence><edXML:Position>PHÓ GIÁM ĐỐC</edXML:Position>
<edXML:FullName>Trần Thị Bình</edXML:FullName></edXML:SignerInfo>
<edXML:ResponseFor><edXML:Code>77/STC-NS</edXML:Code></edXML:ResponseFor>
<edXML:ToPlaces><edXML:Place>Các phòng chuyên môn</edXML:Place></edXML:ToPlaces>
"""
STATUS = """
<edXML:From><edXML:OrganName>Sở Nội vụ</edXML:OrganName></edXML:From>
<edXML:ResponseFor><edXML:Code>128/SYT-NVY</edXML:Code></edXML:ResponseFor><edXML:StatusCode>03</edXML:StatusCode>
"""
RECALLED = "<edXML:Bussiness><edXML:BussinessDocType>1</edXML:BussinessDocType></edXML:Bussiness>"


def message(
    files: Sequence[tuple[str, bytes]] = (), header: str = HEADER, *, after: str = "", encoded: str = ""
) -> bytes:
    """Return a message with these files; `after` follows the header, `encoded` stands in the place of base64."""
    attached = "".join(
        f"<Attachment><ContentId>cid:{n}</ContentId><AttachmentName>{name}</AttachmentName>"
        f"<edXML:ContentTransferEncoded xmlns:edXML='http://www.mic.gov.vn/TBT/QCVN_102_2016'>"
        f"{encoded or _lines(data)}</edXML:ContentTransferEncoded></Attachment>"
        for n, (name, data) in enumerate(files)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<edXML xmlns="http://www.mic.gov.vn/TBT/QCVN_102_2016">'
        '<edXML:edXMLEnvelope xmlns:edXML="http://www.mic.gov.vn/TBT/QCVN_102_2016"><edXML:edXMLHeader>'
        f"<edXML:MessageHeader>{header}</edXML:MessageHeader>{after}</edXML:edXMLHeader></edXML:edXMLEnvelope>"
        f"<AttachmentEncoded>{attached}</AttachmentEncoded></edXML>"
    ).encode()


def _lines(data: bytes) -> str:
    written = base64.b64encode(data).decode()
    return "\n".join(written[i : i + 76] for i in range(0, len(written), 76))
