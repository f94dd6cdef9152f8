// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/policy/purposes.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/core/text.hpp"
#include "lib/policy/iri.hpp"

namespace bailiwick {

namespace {

struct Term {
  std::string_view name;
  std::array<std::string_view, 2> broader;
};

// The purposes of DPV 2.0 with their broader terms (w3id.org/dpv/2.0, module purposes), and the
// primary categories of DUO: no restriction, general research, health or medical or biomedical,
// disease specific, population origins or ancestry.
constexpr auto purposes = std::to_array<Term>(
    {{"dpv:AcademicResearch", {"dpv:ResearchAndDevelopment", ""}},
     {"dpv:AccountManagement", {"", ""}},
     {"dpv:Advertising", {"dpv:Marketing", ""}},
     {"dpv:AgeVerification", {"dpv:Verification", ""}},
     {"dpv:CombatClimateChange", {"dpv:PublicBenefit", ""}},
     {"dpv:CommercialPurpose", {"", ""}},
     {"dpv:CommercialResearch", {"dpv:ResearchAndDevelopment", "dpv:CommercialPurpose"}},
     {"dpv:CommunicationForCustomerCare", {"dpv:CustomerCare", "dpv:CommunicationManagement"}},
     {"dpv:CommunicationManagement", {"", ""}},
     {"dpv:CounterMoneyLaundering", {"dpv:FraudPreventionAndDetection", ""}},
     {"dpv:Counterterrorism", {"dpv:PublicBenefit", ""}},
     {"dpv:CreditChecking", {"dpv:CustomerSolvencyMonitoring", ""}},
     {"dpv:CustomerCare", {"dpv:CustomerManagement", ""}},
     {"dpv:CustomerClaimsManagement", {"dpv:CustomerManagement", ""}},
     {"dpv:CustomerManagement", {"", ""}},
     {"dpv:CustomerOrderManagement", {"dpv:CustomerManagement", ""}},
     {"dpv:CustomerRelationshipManagement", {"dpv:CustomerManagement", ""}},
     {"dpv:CustomerSolvencyMonitoring", {"dpv:CustomerManagement", ""}},
     {"dpv:DataAltruism", {"dpv:PublicBenefit", ""}},
     {"dpv:DeliveryOfGoods", {"dpv:RequestedServiceProvision", ""}},
     {"dpv:DirectMarketing", {"dpv:Marketing", ""}},
     {"dpv:DisputeManagement", {"dpv:OrganisationGovernance", ""}},
     {"dpv:EnforceAccessControl", {"dpv:EnforceSecurity", ""}},
     {"dpv:EnforceSecurity", {"", ""}},
     {"dpv:EstablishContractualAgreement", {"", ""}},
     {"dpv:FraudPreventionAndDetection", {"dpv:MisusePreventionAndDetection", ""}},
     {"dpv:FulfilmentOfContractualObligation", {"dpv:FulfilmentOfObligation", ""}},
     {"dpv:FulfilmentOfObligation", {"", ""}},
     {"dpv:HumanResourceManagement", {"", ""}},
     {"dpv:IdentityAuthentication", {"dpv:EnforceSecurity", ""}},
     {"dpv:IdentityVerification", {"dpv:Verification", ""}},
     {"dpv:ImproveExistingProductsAndServices", {"dpv:OptimisationForController", ""}},
     {"dpv:ImproveHealthcare", {"dpv:PublicBenefit", ""}},
     {"dpv:ImproveInternalCRMProcesses",
      {"dpv:CustomerRelationshipManagement", "dpv:OptimisationForController"}},
     {"dpv:ImprovePublicServices", {"dpv:PublicBenefit", ""}},
     {"dpv:ImproveTransportMobility", {"dpv:PublicBenefit", ""}},
     {"dpv:IncreaseServiceRobustness", {"dpv:OptimisationForController", ""}},
     {"dpv:InternalResourceOptimisation", {"dpv:OptimisationForController", ""}},
     {"dpv:LegalCompliance", {"dpv:FulfilmentOfObligation", ""}},
     {"dpv:MaintainCreditCheckingDatabase", {"dpv:CreditChecking", ""}},
     {"dpv:MaintainCreditRatingDatabase", {"dpv:CreditChecking", ""}},
     {"dpv:MaintainFraudDatabase", {"dpv:FraudPreventionAndDetection", ""}},
     {"dpv:Marketing", {"", ""}},
     {"dpv:MemberPartnerManagement", {"dpv:OrganisationGovernance", ""}},
     {"dpv:MisusePreventionAndDetection", {"dpv:EnforceSecurity", ""}},
     {"dpv:NonCommercialPurpose", {"", ""}},
     {"dpv:NonCommercialResearch", {"dpv:ResearchAndDevelopment", "dpv:NonCommercialPurpose"}},
     {"dpv:OptimisationForConsumer", {"dpv:ServiceOptimisation", ""}},
     {"dpv:OptimisationForController", {"dpv:ServiceOptimisation", ""}},
     {"dpv:OptimiseUserInterface", {"dpv:OptimisationForConsumer", ""}},
     {"dpv:OrganisationComplianceManagement", {"dpv:OrganisationGovernance", ""}},
     {"dpv:OrganisationGovernance", {"", ""}},
     {"dpv:OrganisationRiskManagement", {"dpv:OrganisationGovernance", ""}},
     {"dpv:PaymentManagement", {"dpv:ServiceProvision", ""}},
     {"dpv:Personalisation", {"", ""}},
     {"dpv:PersonalisedAdvertising", {"dpv:Personalisation", "dpv:Advertising"}},
     {"dpv:PersonalisedBenefits", {"dpv:ServicePersonalisation", ""}},
     {"dpv:PersonnelHiring", {"dpv:PersonnelManagement", ""}},
     {"dpv:PersonnelManagement", {"dpv:HumanResourceManagement", ""}},
     {"dpv:PersonnelPayment", {"dpv:PersonnelManagement", ""}},
     {"dpv:ProtectionOfIPR", {"dpv:FulfilmentOfObligation", ""}},
     {"dpv:ProtectionOfNationalSecurity", {"dpv:PublicBenefit", ""}},
     {"dpv:ProtectionOfPublicSecurity", {"dpv:PublicBenefit", ""}},
     {"dpv:ProvideEventRecommendations", {"dpv:ProvidePersonalisedRecommendations", ""}},
     {"dpv:ProvideOfficialStatistics", {"dpv:PublicBenefit", ""}},
     {"dpv:ProvidePersonalisedRecommendations", {"dpv:ServicePersonalisation", ""}},
     {"dpv:ProvideProductRecommendations", {"dpv:ProvidePersonalisedRecommendations", ""}},
     {"dpv:PublicBenefit", {"", ""}},
     {"dpv:PublicPolicyMaking", {"dpv:PublicBenefit", ""}},
     {"dpv:PublicRelations", {"dpv:Marketing", ""}},
     {"dpv:RecordManagement", {"", ""}},
     {"dpv:RepairImpairments", {"dpv:ServiceProvision", ""}},
     {"dpv:RequestedServiceProvision", {"dpv:ServiceProvision", ""}},
     {"dpv:ResearchAndDevelopment", {"", ""}},
     {"dpv:RightsFulfillment", {"", ""}},
     {"dpv:ScientificResearch", {"dpv:ResearchAndDevelopment", ""}},
     {"dpv:SearchFunctionalities", {"dpv:ServiceProvision", ""}},
     {"dpv:SellDataToThirdParties", {"dpv:SellProducts", ""}},
     {"dpv:SellInsightsFromData", {"dpv:SellProducts", ""}},
     {"dpv:SellProducts", {"dpv:ServiceProvision", ""}},
     {"dpv:SellProductsToDataSubject", {"dpv:SellProducts", ""}},
     {"dpv:ServiceOptimisation", {"dpv:ServiceProvision", ""}},
     {"dpv:ServicePersonalisation", {"dpv:ServiceProvision", "dpv:Personalisation"}},
     {"dpv:ServiceProvision", {"", ""}},
     {"dpv:ServiceRegistration", {"dpv:ServiceProvision", ""}},
     {"dpv:ServiceUsageAnalytics", {"dpv:ServiceProvision", ""}},
     {"dpv:SocialMediaMarketing", {"dpv:Marketing", ""}},
     {"dpv:TargetedAdvertising", {"dpv:PersonalisedAdvertising", ""}},
     {"dpv:TechnicalServiceProvision", {"dpv:ServiceProvision", ""}},
     {"dpv:UserInterfacePersonalisation", {"dpv:ServicePersonalisation", ""}},
     {"dpv:VendorManagement", {"", ""}},
     {"dpv:VendorPayment", {"dpv:VendorManagement", ""}},
     {"dpv:VendorRecordsManagement", {"dpv:VendorManagement", ""}},
     {"dpv:VendorSelectionAssessment", {"dpv:VendorManagement", ""}},
     {"dpv:Verification", {"dpv:EnforceSecurity", ""}},
     {"DUO:0000004", {"", ""}},
     {"DUO:0000042", {"DUO:0000004", ""}},
     {"DUO:0000006", {"DUO:0000042", ""}},
     {"DUO:0000007", {"DUO:0000006", ""}},
     {"DUO:0000011", {"DUO:0000042", ""}}});

/// A vocabulary's terms may also be written as the IRIs that its prefix stands for.
constexpr auto prefixes = std::to_array<std::pair<std::string_view, std::string_view>>(
    {{"dpv:", "https://w3id.org/dpv#"}, {"DUO:", "https://purl.obolibrary.org/obo/DUO_"}});

std::string with_prefix(const std::string& text) {
  const std::string written_out = normalised_iri(text);
  for (const auto& [prefix, iri] : prefixes)
    if (written_out.starts_with(iri)) return std::string(prefix) + written_out.substr(iri.size());
  return text;
}

const Term* find(std::string_view name) {
  const auto found = std::ranges::find(purposes, name, &Term::name);
  return found == purposes.end() ? nullptr : found;
}

bool of_vocabulary(const std::string& text) {
  return text.starts_with("dpv:") || text.starts_with("DUO:");
}

/// Of terms with prefixes.
bool is_narrower(const std::string& purpose, const std::string& area) {
  if (purpose == area) return true;
  const Term* term = find(purpose);
  return term && std::ranges::any_of(term->broader, [&](std::string_view broader) {
           return !broader.empty() && is_narrower(std::string(broader), area);
         });
}

}  // namespace

bool is_purpose(const std::string& text) {
  const std::string term = with_prefix(text);
  if (of_vocabulary(term)) return find(term) != nullptr;
  return is_iri(text) && (text.starts_with("urn:") || text.find("://") != std::string::npos);
}

std::string purpose_form(const std::string& text) {
  const std::string term = with_prefix(text);
  if (term.starts_with("DUO:"))
    return "a purpose: of DUO only the primary categories are (0000004, 0000042, 0000006, 0000007, "
           "0000011); "
           "say conditions with forbid, where, valid, recipients and duties";
  std::vector<std::string> known;
  for (const Term& one : purposes)
    known.emplace_back(one.name);
  return "a purpose such as dpv:ScientificResearch, DUO:0000042 or "
         "https://example.org/terms/study" +
         did_you_mean(term, known);
}

bool is_within(const std::string& purpose, const std::string& area) {
  return normalised_iri(purpose) == normalised_iri(area) ||
         is_narrower(with_prefix(purpose), with_prefix(area));
}

bool may_be_within(const std::string& purpose, const std::string& area) {
  return is_within(purpose, area) ||
         (!of_vocabulary(with_prefix(area)) && may_lie_in(purpose, area));
}

}  // namespace bailiwick
